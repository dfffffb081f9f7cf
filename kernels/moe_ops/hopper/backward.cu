#include "kernels/moe_ops/grouped.h"
#include "kernels/moe_ops/hopper/launch_rows.cuh"
#include "kernels/moe_ops/moe_choice.h"

namespace hotloop::kernels::hopper {

Result<void> rowsDownBackward(const GroupedDownBackward &a, int variant, cudaStream_t stream) {
  const RowProduct p{a.shape,     a.schedule,    a.dRows,       a.down,    a.shape.dim,
                     a.shape.dim, a.shape.inner, a.shape.inner, a.dHidden, a.scaledActivated};
  RowArguments args{};
  args.hidden = a.hidden;
  args.weights = a.weights;
  args.slotOfRow = a.slotOfRow;
  args.parts = a.weightParts;
  args.partCount = static_cast<int>(moeOpSizes(a.shape).weightParts);
  using T = __nv_bfloat16;
  const bool swiglu = a.shape.activation == ExpertActivation::kSwiglu;
  if (variant == kHopperNarrow)
    return swiglu ? launchRows<RowConfig<T, Epilogue::kSwigluBackward, Major::MN, 1, 128, true, 4>>(
                        p, args, stream)
                  : launchRows<RowConfig<T, Epilogue::kGeluBackward, Major::MN, 1, 128, true, 4>>(
                        p, args, stream);
  if (swiglu)
    return launchRows<RowConfig<T, Epilogue::kSwigluBackward, Major::MN, 1, 128, false, 3>>(p, args,
                                                                                            stream);
  return launchRows<RowConfig<T, Epilogue::kGeluBackward, Major::MN, 1, 128, false, 4>>(p, args,
                                                                                        stream);
}

Result<void> rowsUpBackward(const GroupedUpBackward &a, int variant, cudaStream_t stream) {
  const std::int64_t columns = a.shape.hiddenColumns();
  const RowProduct p{a.shape, a.schedule,  a.dHidden,   a.up,    columns,
                     columns, a.shape.dim, a.shape.dim, a.dRows, nullptr};
  return launchRows<RowConfig<__nv_bfloat16, Epilogue::kPlain, Major::MN, 1, 256, false, 4>>(
      p, {}, stream);
}

} // namespace hotloop::kernels::hopper
