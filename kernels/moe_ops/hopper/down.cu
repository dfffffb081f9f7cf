#include "kernels/moe_ops/grouped.h"
#include "kernels/moe_ops/hopper/launch_rows.cuh"
#include "kernels/moe_ops/hopper/turned.h"
#include "kernels/moe_ops/hopper/up.h"

namespace hotloop::kernels::hopper {

Result<void> rowsUp(const GroupedUp &a, int variant, cudaStream_t stream) {
  const RowProduct p{
      a.shape,     a.schedule,    a.rows,   a.up,       a.shape.dim, a.shape.hiddenColumns(),
      a.shape.dim, a.shape.inner, a.hidden, a.activated};
  return a.shape.activation == ExpertActivation::kSwiglu ? rowsUpSwiglu(p, variant, stream)
                                                         : rowsUpGelu(p, variant, stream);
}

Result<void> rowsDown(const GroupedDown &a, int variant, cudaStream_t stream) {
  const RowProduct p{a.shape,     a.schedule,    a.activated, a.down, a.shape.inner,
                     a.shape.dim, a.shape.inner, a.shape.dim, a.y,    nullptr};
  using T = __nv_bfloat16;
  if (variant == kHopperTurned) return rowsTurned(p, stream);
  if (variant == kHopperWide)
    return launchRows<RowConfig<T, Epilogue::kPlain, Major::K, 1, 256, false, 4>>(p, {}, stream);
  if (variant == kHopperSquare)
    return launchRows<RowConfig<T, Epilogue::kPlain, Major::K, 2, 128, true, 5>>(p, {}, stream);
  return launchRows<RowConfig<T, Epilogue::kPlain, Major::K, 1, 256, true, 4>>(p, {}, stream);
}

} // namespace hotloop::kernels::hopper
