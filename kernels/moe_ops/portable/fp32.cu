#include "kernels/moe_ops/portable/launch_tiles.cuh"

namespace hotloop::kernels::portable {

cudaError_t launchFp32(Layout layout, const TileArguments &args, dim3 grid, cudaStream_t stream) {
  return launchTiles<float>(layout, args, grid, stream);
}

} // namespace hotloop::kernels::portable
