#pragma once

#include <cuda.h>

#include "kernels/moe_ops/hopper/device.cuh"

namespace hotloop::kernels::hopper {

enum class Epilogue { kPlain, kGelu, kSwiglu, kGeluBackward, kSwigluBackward };
inline constexpr bool isBackward(Epilogue e) {
  return e == Epilogue::kGeluBackward || e == Epilogue::kSwigluBackward;
}

// Grouped product over rows: out[r, :] = a[r, :] b[expert of r].
struct RowArguments {
  CUtensorMap a, b;
  const int *schedule;  // moe_sizes.h
  const int4 *tiles;    // the list for this kernel's tile height
  int list;             // which of the two
  int columnTiles;      // per row tile
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

// Tiles of one expert are walked row tile first inside groups, so that what is in flight at one
// time shares both rows and weights in L2.
template <int kRows>
__device__ __forceinline__ RowTile rowTile(const RowArguments &args, int linear) {
  const int4 entry = __ldg(args.tiles + linear / args.columnTiles);
  const int local = linear - entry.y * args.columnTiles;
  const int count = (entry.w - entry.z + kRows - 1) / kRows;
  const int perGroup = args.groupTiles * args.columnTiles;
  const int group = local / perGroup, rest = local - group * perGroup;
  const int height = min(args.groupTiles, count - group * args.groupTiles);
  const int column = rest / height;
  const int tile = group * args.groupTiles + rest - column * height;
  return {entry.x, entry.z + tile * kRows, entry.w, column};
}

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
  using Atom = typename MatrixUnit<T, kColumns, Major::K, kB>::Atom;

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
