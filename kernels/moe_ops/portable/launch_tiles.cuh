#pragma once

#include "kernels/moe_ops/portable/kernels.cuh"
#include "kernels/moe_ops/portable/launch.h"

namespace hotloop::kernels::portable {

template <class S>
cudaError_t launchTiles(Layout layout, const TileArguments &args, dim3 grid, cudaStream_t stream) {
  void (*kernel)(TileArguments) = nullptr;
  int shared = 0;
  switch (layout) {
  case Layout::kForward:
    kernel = rowTileKernel<S, Layout::kForward>;
    shared = Tile<S, Layout::kForward>::kSharedBytes;
    break;
  case Layout::kInput:
    kernel = rowTileKernel<S, Layout::kInput>;
    shared = Tile<S, Layout::kInput>::kSharedBytes;
    break;
  case Layout::kWeight:
    kernel = weightTileKernel<S>;
    shared = Tile<S, Layout::kWeight>::kSharedBytes;
    break;
  }
  const cudaError_t error = cudaFuncSetAttribute(
      reinterpret_cast<const void *>(kernel), cudaFuncAttributeMaxDynamicSharedMemorySize, shared);
  if (error != cudaSuccess) return error;
  kernel<<<grid, 256, static_cast<std::size_t>(shared), stream>>>(args);
  return cudaGetLastError();
}

} // namespace hotloop::kernels::portable
