#pragma once

#include "kernels/moe_ops/hopper/launch.cuh"
#include "kernels/moe_ops/hopper/row_kernel.cuh"
#include "kernels/moe_ops/moe_sizes.h"

namespace hotloop::kernels::hopper {

// A product [R, summed] x [E, ...]: what all callers of rowKernel fill in the same way.
struct RowProduct {
  const MoeShape &shape;
  const std::int32_t *schedule;
  const void *a, *b;
  std::int64_t summed;   // columns of a
  std::int64_t bRows;    // rows of b per expert
  std::int64_t bColumns; // columns of b
  std::int64_t columns;  // of the result; SwiGLU: of one half
  void *first, *second;
};

template <class Config>
Result<void> launchRows(const RowProduct &p, RowArguments args, cudaStream_t stream) {
  constexpr ElementType kType = std::is_same_v<typename Config::T, __nv_bfloat16>
                                    ? ElementType::kBFloat16
                                    : ElementType::kFloat16;
  if (Result<void> made =
          makeMap({p.a, kType, p.summed, p.shape.rows(), 1, Config::kRows, false}, args.a);
      !made)
    return made;
  constexpr int kBoxRows = Config::kB == Major::MN ? kDepth : Config::kOutColumns;
  if (Result<void> made =
          makeMap({p.b, kType, p.bColumns, p.bRows, p.shape.experts, kBoxRows, true}, args.b);
      !made)
    return made;
  if constexpr (Config::kSlices) {
    if (Result<void> made = makeMap(
            {p.b, kType, p.bColumns, p.bRows, p.shape.experts, kSliceColumns, true}, args.slice);
        !made)
      return made;
  }
  const Result<int> blocks = multiprocessors();
  if (!blocks) return Unexpected(blocks.error());
  constexpr int kList = Config::kRows == 64 ? 0 : 1;
  static_assert(Config::kRows == kTileRows[kList]);
  args.schedule = p.schedule;
  args.list = kList;
  args.tiles = reinterpret_cast<const int4 *>(
      p.schedule + tileListOffset(p.shape.rows(), p.shape.experts, kList));
  args.columns = static_cast<int>(p.columns);
  args.columnTiles = static_cast<int>(ceilDiv(p.columns, Config::kOutColumns));
  args.steps = static_cast<int>(ceilDiv(p.summed, kDepth));
  args.groupTiles = 16;
  args.first = p.first;
  args.second = p.second;
  // Never more blocks than tiles there can be.
  const std::int64_t bound =
      tileBound(p.shape.rows(), p.shape.experts, Config::kRows) * args.columnTiles;
  return launchPersistent(reinterpret_cast<const void *>(&rowKernel<Config>),
                          static_cast<int>(std::min<std::int64_t>(*blocks, bound)), 384,
                          Config::kSharedBytes, &args, stream);
}

} // namespace hotloop::kernels::hopper
