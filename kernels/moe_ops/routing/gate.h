#pragma once

#include "kernels/moe_ops/moe_ops.h"

// The routing operators behind moe_ops.h; arguments have been checked.
namespace hotloop::kernels::routing {

// clusterBlocks 1, 2, 4 or 8.
Result<void> gateTiles(const GateForward &args, int clusterBlocks, cudaStream_t stream);
Result<void> gatePlain(const GateForward &args, cudaStream_t stream);
// At most 8 experts. clusterBlocks 1, 2 or 4.
Result<void> gateFew(const GateForward &args, int clusterBlocks, cudaStream_t stream);

Result<void> permute(const PermuteRows &args, int multiprocessors, cudaStream_t stream);
Result<void> combine(const CombineRows &args, cudaStream_t stream);
Result<void> gather(const GatherRows &args, cudaStream_t stream);

Result<void> gateGradient(const GateBackward &args, cudaStream_t stream);
Result<void> inputGradient(const InputGradient &args, cudaStream_t stream);
Result<void> gateWeightGradient(const GateWeightGradient &args, cudaStream_t stream);

// What the kernels of the gate take.
struct GateArguments;
GateArguments argumentsOf(const GateForward &args);

// The launch's error as a sentence.
Result<void> launched(const char *what, cudaError_t error);

// With more than 48 KiB of shared memory where asked, and in clusters (sm_90) of more than one
// block.
cudaError_t launchBlocks(const void *kernel, dim3 grid, unsigned threads, std::size_t sharedBytes,
                         unsigned clusterBlocks, void **arguments, cudaStream_t stream);

} // namespace hotloop::kernels::routing
