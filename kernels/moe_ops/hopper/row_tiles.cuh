#pragma once

#include <cuda.h>

#include "kernels/moe_ops/hopper/device.cuh"

namespace hotloop::kernels::hopper {

enum class Epilogue { kPlain, kGelu, kSwiglu, kGeluBackward, kSwigluBackward };
inline constexpr bool isBackward(Epilogue e) {
  return e == Epilogue::kGeluBackward || e == Epilogue::kSwigluBackward;
}

// Division by a number that the host knows, for 0 <= n < 2^31: n / d = n m / 2^(32 + s) with s =
// log2(d) rounded down and m = 2^(32 + s) / d rounded up (Granlund and Montgomery, 1994): some
// cycles where a division by a variable is a call of dozens of instructions.
struct Divisor {
  std::uint64_t multiplier = 0;
  int shift = 0;

  Divisor() = default;
  explicit Divisor(int d) {
    while (d >> (shift + 1) != 0) ++shift;
    shift += 32;
    multiplier = ((std::uint64_t{1} << shift) + static_cast<std::uint64_t>(d) - 1) /
                 static_cast<std::uint64_t>(d);
  }
  __device__ __forceinline__ int divide(int n) const {
    return static_cast<int>(static_cast<std::uint64_t>(n) * multiplier >> shift);
  }
};

// Grouped product over rows: out[r, :] = a[r, :] b[expert of r].
struct RowArguments {
  CUtensorMap a, b;
  CUtensorMap slice;    // b in boxes of kSliceColumns rows; where Config::kSlices
  const int *schedule;  // moe_sizes.h
  const int4 *tiles;    // the list for this kernel's tile height
  int list;             // which of the two
  int columnTiles;      // per row tile
  Divisor byColumns;    // columnTiles
  Divisor byGroup;      // groupTiles columnTiles
  int steps;            // of kDepth along the summed dimension
  int columns;          // of `first` (SwiGLU: of one half)
  int groupTiles;       // row tiles of one expert that share columns while in flight
  void *first;          // y, hidden or dHidden; hidden may be null
  void *second;         // activated or scaledActivated [R, columns]
  const void *hidden;   // backward: h
  const float *weights; // backward: [T, k]
  const int *slotOfRow; // backward
  float *parts;         // backward: [R, partCount]
  int partCount;
};

struct RowTile {
  int expert, row, end, columnTile;
};

// A tile of 256 columns can be shared by so many blocks; each takes so many columns.
inline constexpr int kSliceBlocks = 4, kSliceColumns = 256 / kSliceBlocks;

// Tiles of one expert are walked row tile first inside groups, so that what is in flight at one
// time shares both rows and weights in L2.
// `entry` is asked for while another tile is at work, and only looked at when its turn comes: a
// thread waits where it first uses what it loaded.
__device__ __forceinline__ int4 tileEntry(const RowArguments &args, int linear) {
  return __ldg(args.tiles + args.byColumns.divide(linear));
}
template <int kRows>
__device__ __forceinline__ RowTile rowTile(const RowArguments &args, const int4 &entry,
                                           int linear) {
  const int local = linear - entry.y * args.columnTiles;
  const int count = (entry.w - entry.z + kRows - 1) / kRows;
  const int perGroup = args.groupTiles * args.columnTiles;
  const int group = args.byGroup.divide(local), rest = local - group * perGroup;
  const int height = min(args.groupTiles, count - group * args.groupTiles);
  const int column = height == 16 ? rest / 16 : rest / height;
  const int tile = group * args.groupTiles + rest - column * height;
  return {entry.x, entry.z + tile * kRows, entry.w, column};
}

// The tiles of one block: every gridDim.x-th one. What is left for a last round is cut into slices
// of columns if there are blocks enough: the round ends sooner.
struct RowTurns {
  int count;     // tiles of this block, a shared one with them
  int split = 1; // blocks that share the last one

  __device__ __forceinline__ RowTurns(int tiles, bool slices) {
    const int blocks = static_cast<int>(gridDim.x), block = static_cast<int>(blockIdx.x);
    const int rounds = tiles / blocks, left = tiles - rounds * blocks;
    if (slices && left > 0) split = left * kSliceBlocks <= blocks ? kSliceBlocks : 1;
    count = rounds + (block < left * split ? 1 : 0);
    if (count == rounds) split = 1;
  }
  // Blocks that share the tile of this turn: 1 or kSliceBlocks.
  __device__ __forceinline__ int sharing(int turn) const { return turn == count - 1 ? split : 1; }
  __device__ __forceinline__ int tile(int turn) const {
    const int block = static_cast<int>(blockIdx.x), first = turn * static_cast<int>(gridDim.x);
    return first + block / sharing(turn);
  }
  __device__ __forceinline__ int slice(int turn) const {
    return static_cast<int>(blockIdx.x) % sharing(turn);
  }
};

// kBlocks: blocks of 64 rows per warpgroup. Pingpong: the two warpgroups take turns with whole
// tiles, one computes while the other stores; else both work on one tile of twice the height.
template <class T_, Epilogue kEpilogue_, Major kB_, int kBlocks_, int kColumns_, bool kPingpong_,
          int kStages_>
struct RowConfig {
  using T = T_;
  static constexpr Epilogue kEpilogue = kEpilogue_;
  static constexpr Major kB = kB_;
  static constexpr int kBlocks = kBlocks_, kColumns = kColumns_, kStages = kStages_;
  static constexpr bool kPingpong = kPingpong_;
  static constexpr int kRows = 64 * kBlocks * (kPingpong ? 1 : 2);
  static constexpr bool kDual = kEpilogue == Epilogue::kSwiglu; // gate and up halves in one tile
  static constexpr int kOutColumns = kDual ? kColumns / 2 : kColumns;
  // Tiles of the last round can be shared by blocks that would have none. (With an activation the
  // compiler would wait for each product by itself.)
  static constexpr bool kSlices = kPingpong && kBlocks == 1 && kColumns == 256 && kB == Major::K &&
                                  kEpilogue == Epilogue::kPlain;

  // Staging: per warp 16 rows, 128 columns at a time; 16 bytes between rows keep banks apart.
  static constexpr int kStageColumns = 128;
  static constexpr int kPitch = kStageColumns * 2 + 16;
  static constexpr int kBuffers = kEpilogue == Epilogue::kSwigluBackward ? 3
                                  : kEpilogue == Epilogue::kGeluBackward ? 2
                                                                         : 1;
  static constexpr int kABytes = kRows * 128, kBBytes = kColumns * 128;
  static constexpr int kStageBytes = kABytes + kBBytes;
  static constexpr int kWarpStaging = kBuffers * 16 * kPitch;
  static constexpr int kBarrierBytes = 8 * (2 * kStages + 10);
  static constexpr int kSharedBytes = kStages * kStageBytes + 8 * kWarpStaging + kBarrierBytes;
  static_assert(kSharedBytes <= 232448);
};

} // namespace hotloop::kernels::hopper
