#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/moe_ops/moe_types.h"

// Layouts that the kernels and the caller's arrays agree on. Host and device.
namespace hotloop::kernels {

// `schedule`: int32s. [0] tiles of 64 rows, [1] tiles of 128 rows, [2], [3] zero; then per tile of
// 64 rows, later per tile of 128 rows, four numbers: expert, the expert's first tile, its first
// row, its end. Tiles of an expert stand together, so (first tile, first row, end) give all tiles
// of it.
inline constexpr std::int64_t kScheduleHeader = 4;
inline constexpr std::int64_t kTileRows[2] = {64, 128};

inline constexpr std::int64_t ceilDiv(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// No routing makes more tiles than this: every expert wastes less than one.
inline constexpr std::int64_t tileBound(std::int64_t rows, std::int64_t experts,
                                        std::int64_t tileRows) {
  return rows / tileRows + (experts < rows ? experts : rows);
}
inline constexpr std::int64_t tileListOffset(std::int64_t rows, std::int64_t experts, int list) {
  return kScheduleHeader + (list == 0 ? 0 : 4 * tileBound(rows, experts, kTileRows[0]));
}

// One partial sum of a row's weight gradient per this many columns of I.
inline constexpr std::int64_t kWeightPartColumns = 128;

// The gate's weight gradient is summed over this many blocks of tokens, then over the blocks.
inline constexpr std::int64_t gateGradientBlocks(std::int64_t tokens) {
  const std::int64_t blocks = ceilDiv(tokens, 256);
  return blocks < 1 ? 1 : blocks > 16 ? 16 : blocks;
}

} // namespace hotloop::kernels
