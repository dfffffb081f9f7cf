#include "kernels/moe_ops/portable/launch_tiles.cuh"

namespace hotloop::kernels::portable {

cudaError_t launchBf16(Layout layout, const TileArguments &args, dim3 grid, cudaStream_t stream) {
  return launchTiles<__nv_bfloat16>(layout, args, grid, stream);
}

} // namespace hotloop::kernels::portable
