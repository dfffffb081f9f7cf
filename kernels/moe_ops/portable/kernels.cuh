#pragma once

#include "kernels/moe_ops/portable/epilogue.cuh"

namespace hotloop::kernels::portable {

// Grid: column tiles x bound of row tiles.
template <class S, Layout kLayout>
__global__ __launch_bounds__(256) void rowTileKernel(const TileArguments args) {
  extern __shared__ __align__(128) char shared[];
  if (static_cast<int>(blockIdx.y) >= args.schedule[1]) return; // tiles of 128 rows
  const int4 entry = args.tiles[blockIdx.y];
  const int row = entry.z + (static_cast<int>(blockIdx.y) - entry.y) * kTile, rowEnd = entry.w;
  const bool dual = args.epilogue == Epilogue::kSwiglu;
  const int columnTile = blockIdx.x, column = columnTile * (dual ? kTile / 2 : kTile);
  const auto *a = static_cast<const S *>(args.a);
  const auto *b = static_cast<const S *>(args.b) +
                  static_cast<std::int64_t>(entry.x) * args.bRows * args.bColumns;
  using Work = Tile<S, kLayout>;
  const float *sums =
      Work::run(shared, (args.summed + kTileDepth - 1) / kTileDepth, args.exact,
                [&](S *left, S *right, int step) {
                  const int k = step * kTileDepth;
                  loadOperand<S, true>(left, a, args.aColumns, k, args.summed,
                                       [&](int i) { return row + i < rowEnd ? row + i : -1; });
                  if constexpr (kLayout == Layout::kForward)
                    loadOperand<S, true>(right, b, args.bColumns, k, args.summed, [&](int i) {
                      const int half = dual ? i / (kTile / 2) : 0;
                      const int n = column + i - half * (kTile / 2);
                      return n < args.columns ? n + half * args.columns : -1;
                    });
                  else
                    loadOperand<S, false>(right, b, args.bColumns, column, args.columns,
                                          [&](int i) { return k + i < args.summed ? k + i : -1; });
                });
  finishRows<S>(args, sums, row, rowEnd, columnTile);
}

// Grid: column tiles x row tiles x experts.
template <class S>
__global__ __launch_bounds__(256) void weightTileKernel(const TileArguments args) {
  extern __shared__ __align__(128) char shared[];
  const int expert = blockIdx.z;
  const int begin = expert ? args.ends[expert - 1] : 0, end = args.ends[expert];
  const int row = blockIdx.y * kTile, column = blockIdx.x * kTile;
  const auto *a = static_cast<const S *>(args.a), *b = static_cast<const S *>(args.b);
  using Work = Tile<S, Layout::kWeight>;
  const float *sums =
      Work::run(shared, (end - begin + kTileDepth - 1) / kTileDepth, args.exact,
                [&](S *left, S *right, int step) {
                  const int k = begin + step * kTileDepth;
                  const auto rowAt = [&](int i) { return k + i < end ? k + i : -1; };
                  loadOperand<S, false>(left, a, args.aColumns, row, args.aColumns, rowAt);
                  loadOperand<S, false>(right, b, args.bColumns, column, args.bColumns, rowAt);
                });
  const std::int64_t plane = static_cast<std::int64_t>(expert) * args.aColumns * args.bColumns;
  if (args.floatOut)
    finishGradient<S>(args, sums, static_cast<float *>(args.first) + plane, row, column);
  else
    finishGradient<S>(args, sums, static_cast<S *>(args.first) + plane, row, column);
}

} // namespace hotloop::kernels::portable
