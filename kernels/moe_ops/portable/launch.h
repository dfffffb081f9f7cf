#pragma once

#include <cuda_runtime_api.h>

// One translation unit per storage type: compile time.
namespace hotloop::kernels::portable {

struct TileArguments;
enum class Layout;

cudaError_t launchBf16(Layout layout, const TileArguments &args, dim3 grid, cudaStream_t stream);
cudaError_t launchFp16(Layout layout, const TileArguments &args, dim3 grid, cudaStream_t stream);
cudaError_t launchFp32(Layout layout, const TileArguments &args, dim3 grid, cudaStream_t stream);

} // namespace hotloop::kernels::portable
