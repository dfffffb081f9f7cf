#include "kernels/moe_ops/grouped.h"
#include "kernels/moe_ops/hopper/launch_rows.cuh"
#include "kernels/moe_ops/hopper/up.h"

namespace hotloop::kernels::hopper {

Result<void> rowsUpSwiglu(const RowProduct &p, int variant, cudaStream_t stream) {
  using T = __nv_bfloat16;
  if (variant == kHopperWide)
    return launchRows<RowConfig<T, Epilogue::kSwiglu, Major::K, 1, 256, false, 4>>(p, {}, stream);
  return launchRows<RowConfig<T, Epilogue::kSwiglu, Major::K, 1, 256, true, 4>>(p, {}, stream);
}

} // namespace hotloop::kernels::hopper
