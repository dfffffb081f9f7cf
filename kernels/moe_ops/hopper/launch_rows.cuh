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

// The arguments that follow from the list of tiles and their width; returns the blocks to launch.
inline Result<int> describe(const RowProduct &p, int list, std::int64_t columnWidth,
                            RowArguments &args) {
  const Result<int> blocks = multiprocessors();
  if (!blocks) return blocks;
  args.schedule = p.schedule;
  args.list = list;
  args.tiles = reinterpret_cast<const int4 *>(
      p.schedule + tileListOffset(p.shape.rows(), p.shape.experts, list));
  args.columns = static_cast<int>(p.columns);
  args.columnTiles = static_cast<int>(ceilDiv(p.columns, columnWidth));
  args.steps = static_cast<int>(ceilDiv(p.summed, kDepth));
  args.groupTiles = 16;
  args.byColumns = Divisor(args.columnTiles);
  args.byGroup = Divisor(args.groupTiles * args.columnTiles);
  args.first = p.first;
  args.second = p.second;
  // Never more blocks than tiles there can be.
  const std::int64_t bound =
      tileBound(p.shape.rows(), p.shape.experts, kTileRows[list]) * args.columnTiles;
  return static_cast<int>(std::min<std::int64_t>(*blocks, bound));
}

// a in boxes of aRows rows, b in boxes of bRows.
inline Result<void> makeMaps(const RowProduct &p, ElementType type, int aRows, int bRows,
                             RowArguments &args) {
  if (Result<void> made = makeMap({p.a, type, p.summed, p.shape.rows(), 1, aRows, false}, args.a);
      !made)
    return made;
  return makeMap({p.b, type, p.bColumns, p.bRows, p.shape.experts, bRows, true}, args.b);
}

template <class Config>
Result<void> launchRows(const RowProduct &p, RowArguments args, cudaStream_t stream) {
  constexpr ElementType kType = std::is_same_v<typename Config::T, __nv_bfloat16>
                                    ? ElementType::kBFloat16
                                    : ElementType::kFloat16;
  constexpr int kBoxRows = Config::kB == Major::MN ? kDepth : Config::kOutColumns;
  if (Result<void> made = makeMaps(p, kType, Config::kRows, kBoxRows, args); !made) return made;
  if constexpr (Config::kSlices) {
    if (Result<void> made = makeMap(
            {p.b, kType, p.bColumns, p.bRows, p.shape.experts, kSliceColumns, true}, args.slice);
        !made)
      return made;
  }
  constexpr int kList = Config::kRows == 64 ? 0 : 1;
  static_assert(Config::kRows == kTileRows[kList]);
  const Result<int> blocks = describe(p, kList, Config::kOutColumns, args);
  if (!blocks) return Unexpected(blocks.error());
  return launchPersistent(reinterpret_cast<const void *>(&rowKernel<Config>), *blocks, 384,
                          Config::kSharedBytes, &args, stream);
}

} // namespace hotloop::kernels::hopper
