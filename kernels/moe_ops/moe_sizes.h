#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/moe_ops/moe_types.h"

// Layouts that the kernels and the caller's arrays agree on. Host and device.
namespace hotloop::kernels {

// `schedule`: int32s. [0], [1], [2]: how many tiles of kTileRows[0], [1], [2] rows there are, [3]
// zero; then one list after the other, per tile four numbers: expert, the expert's first tile, its
// first row, its end. Tiles of an expert stand together, so (first tile, first row, end) give all
// tiles of it.
inline constexpr std::int64_t kScheduleHeader = 4;
inline constexpr int kTileLists = 3;
inline constexpr std::int64_t kTileRows[kTileLists] = {64, 128, 144};

inline constexpr std::int64_t ceilDiv(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// No routing makes more tiles than this: every expert wastes less than one.
inline constexpr std::int64_t tileBound(std::int64_t rows, std::int64_t experts,
                                        std::int64_t tileRows) {
  return rows / tileRows + (experts < rows ? experts : rows);
}
inline constexpr std::int64_t tileListOffset(std::int64_t rows, std::int64_t experts, int list) {
  std::int64_t offset = kScheduleHeader;
  for (int l = 0; l < list; ++l) offset += 4 * tileBound(rows, experts, kTileRows[l]);
  return offset;
}

// One partial sum of a row's weight gradient per this many columns of I.
inline constexpr std::int64_t kWeightPartColumns = 128;

// The gate's weight gradient is summed over this many blocks of tokens, then over the blocks.
inline constexpr std::int64_t gateGradientBlocks(std::int64_t tokens) {
  const std::int64_t blocks = ceilDiv(tokens, 256);
  return blocks < 1 ? 1 : blocks > 16 ? 16 : blocks;
}

} // namespace hotloop::kernels
