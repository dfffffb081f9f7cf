#pragma once

#include "kernels/moe_ops/moe_ops.h"

// Implementations behind the grouped products of moe_ops.h, one per file. moe_ops.cu has checked
// the arguments.
namespace hotloop::kernels {

namespace hopper {
// `variant` as in moe_choice.h. bf16 and, where said, fp16.
Result<void> rowsUp(const GroupedUp &args, int variant, cudaStream_t stream);
Result<void> rowsDown(const GroupedDown &args, int variant, cudaStream_t stream);
Result<void> rowsDownBackward(const GroupedDownBackward &args, int variant, cudaStream_t stream);
Result<void> rowsUpBackward(const GroupedUpBackward &args, int variant, cudaStream_t stream);
Result<void> weightGradient(const GroupedWeightGradient &args, int variant, cudaStream_t stream);
} // namespace hopper

// mma.sync through WMMA, every product type, sm_80 and later.
namespace portable {
Result<void> rowsUp(const GroupedUp &args, cudaStream_t stream);
Result<void> rowsDown(const GroupedDown &args, cudaStream_t stream);
Result<void> rowsDownBackward(const GroupedDownBackward &args, cudaStream_t stream);
Result<void> rowsUpBackward(const GroupedUpBackward &args, cudaStream_t stream);
Result<void> weightGradient(const GroupedWeightGradient &args, cudaStream_t stream);
} // namespace portable

// One thread per number: what the others are measured against.
namespace plain {
Result<void> rowsUp(const GroupedUp &args, cudaStream_t stream);
Result<void> rowsDown(const GroupedDown &args, cudaStream_t stream);
} // namespace plain

} // namespace hotloop::kernels
