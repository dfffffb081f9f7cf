#include "kernels/moe_ops/portable/launch_tiles.cuh"

namespace hotloop::kernels::portable {

cudaError_t launchFp16(Layout layout, const TileArguments &args, dim3 grid, cudaStream_t stream) {
  return launchTiles<__half>(layout, args, grid, stream);
}

} // namespace hotloop::kernels::portable
