#include <string>

#include "kernels/moe_ops/grouped.h"
#include "kernels/moe_ops/moe_sizes.h"
#include "kernels/moe_ops/portable/launch.h"
#include "kernels/moe_ops/portable/tile.cuh"

namespace hotloop::kernels::portable {
namespace {

Result<void> launch(ProductType product, Layout layout, const TileArguments &args, dim3 grid,
                    cudaStream_t stream) {
  if (grid.y > 65535)
    return Unexpected(unsupported("The portable grouped product takes at most 65535 tiles of 128 "
                                  "rows; this call needs " +
                                  std::to_string(grid.y) + "."));
  cudaError_t error = cudaSuccess;
  switch (storageOf(product)) {
  case ElementType::kBFloat16: error = launchBf16(layout, args, grid, stream); break;
  case ElementType::kFloat16: error = launchFp16(layout, args, grid, stream); break;
  case ElementType::kFloat32: error = launchFp32(layout, args, grid, stream); break;
  }
  if (error == cudaSuccess) return {};
  return Unexpected(internalError(std::string("A grouped product cannot be launched: ") +
                                  cudaGetErrorString(error) + "."));
}

int narrow(std::int64_t x) { return static_cast<int>(x); }

// What all products over rows share.
Result<void> launchRows(const MoeShape &shape, ProductType product, Layout layout,
                        const std::int32_t *schedule, TileArguments args, cudaStream_t stream) {
  args.schedule = schedule;
  args.tiles =
      reinterpret_cast<const int4 *>(schedule + tileListOffset(shape.rows(), shape.experts, 1));
  args.exact = product == ProductType::kFloat32;
  const std::int64_t tileColumns = args.epilogue == Epilogue::kSwiglu ? kTile / 2 : kTile;
  const dim3 grid(static_cast<unsigned>(ceilDiv(args.columns, tileColumns)),
                  static_cast<unsigned>(tileBound(shape.rows(), shape.experts, kTile)));
  return launch(product, layout, args, grid, stream);
}

} // namespace

Result<void> rowsUp(const GroupedUp &a, cudaStream_t stream) {
  TileArguments args;
  args.a = a.rows;
  args.b = a.up;
  args.aColumns = args.bColumns = args.summed = narrow(a.shape.dim);
  args.bRows = narrow(a.shape.hiddenColumns());
  args.columns = narrow(a.shape.inner);
  args.epilogue =
      a.shape.activation == ExpertActivation::kSwiglu ? Epilogue::kSwiglu : Epilogue::kGelu;
  args.first = a.hidden;
  args.second = a.activated;
  return launchRows(a.shape, a.product, Layout::kForward, a.schedule, args, stream);
}

Result<void> rowsDown(const GroupedDown &a, cudaStream_t stream) {
  TileArguments args;
  args.a = a.activated;
  args.b = a.down;
  args.aColumns = args.bColumns = args.summed = narrow(a.shape.inner);
  args.bRows = args.columns = narrow(a.shape.dim);
  args.first = a.y;
  return launchRows(a.shape, a.product, Layout::kForward, a.schedule, args, stream);
}

Result<void> rowsDownBackward(const GroupedDownBackward &a, cudaStream_t stream) {
  TileArguments args;
  args.a = a.dRows;
  args.b = a.down;
  args.aColumns = args.bRows = args.summed = narrow(a.shape.dim);
  args.bColumns = args.columns = narrow(a.shape.inner);
  args.epilogue = a.shape.activation == ExpertActivation::kSwiglu ? Epilogue::kSwigluBackward
                                                                  : Epilogue::kGeluBackward;
  args.first = a.dHidden;
  args.second = a.scaledActivated;
  args.hidden = a.hidden;
  args.weights = a.weights;
  args.slotOfRow = a.slotOfRow;
  args.parts = a.weightParts;
  args.partCount = narrow(moeOpSizes(a.shape).weightParts);
  return launchRows(a.shape, a.product, Layout::kInput, a.schedule, args, stream);
}

Result<void> rowsUpBackward(const GroupedUpBackward &a, cudaStream_t stream) {
  TileArguments args;
  args.a = a.dHidden;
  args.b = a.up;
  args.aColumns = args.bRows = args.summed = narrow(a.shape.hiddenColumns());
  args.bColumns = args.columns = narrow(a.shape.dim);
  args.first = a.dRows;
  return launchRows(a.shape, a.product, Layout::kInput, a.schedule, args, stream);
}

Result<void> weightGradient(const GroupedWeightGradient &a, cudaStream_t stream) {
  TileArguments args;
  args.a = a.left;
  args.b = a.right;
  args.ends = a.ends;
  args.aColumns = narrow(a.leftColumns);
  args.bColumns = narrow(a.rightColumns);
  args.epilogue = Epilogue::kGradient;
  args.exact = a.product == ProductType::kFloat32;
  args.floatOut = a.gradientType == ElementType::kFloat32;
  args.accumulate = a.accumulate;
  args.first = a.gradient;
  const dim3 grid(static_cast<unsigned>(ceilDiv(a.rightColumns, kTile)),
                  static_cast<unsigned>(ceilDiv(a.leftColumns, kTile)),
                  static_cast<unsigned>(a.shape.experts));
  return launch(a.product, Layout::kWeight, args, grid, stream);
}

} // namespace hotloop::kernels::portable
