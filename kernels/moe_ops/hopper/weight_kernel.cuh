#pragma once

#include <cuda.h>

#include "kernels/moe_ops/hopper/device.cuh"

// Grouped product over the rows of each expert: gradient[e] (+)= left_e^T right_e. The summed
// dimension is rows, so both operands are read as they lie (MN-major), and its length differs per
// expert: the last step of an expert zeroes in shared memory what belongs to the next one.
namespace hotloop::kernels::hopper {

struct WeightArguments {
  CUtensorMap left, right;
  const int *ends;
  int experts, leftColumns, rightColumns;
  int leftTiles, rightTiles;
  bool accumulate;
  void *gradient; // [E, m, n]
};

// As in row_tiles.cuh: blocks of 64 left columns per warpgroup; pingpong lets one store while the
// other multiplies, which pays when an expert has few rows and the stores are most of the work.
template <class T_, class Out_, int kBlocks_, int kRight_, bool kPingpong_, int kStages_>
struct WeightConfig {
  using T = T_;
  using Out = Out_;
  static constexpr int kBlocks = kBlocks_, kRight = kRight_, kStages = kStages_;
  static constexpr bool kPingpong = kPingpong_;
  static constexpr int kLeft = 64 * kBlocks * (kPingpong ? 1 : 2);
  static constexpr int kLeftBytes = kLeft * 128, kStageBytes = kLeftBytes + kRight * 128;
  static constexpr int kSharedBytes = kStages * kStageBytes + 8 * (2 * kStages + 2);
  using Atom = typename MatrixUnit<T, kRight, Major::MN, Major::MN>::Atom;
  static_assert(kSharedBytes <= 232448);
};

struct WeightTile {
  int expert, left, right, begin, end;
};
template <class Config>
__device__ __forceinline__ WeightTile weightTile(const WeightArguments &args, int linear) {
  const int perExpert = args.leftTiles * args.rightTiles;
  const int expert = linear / perExpert, rest = linear - expert * perExpert;
  return {expert, rest % args.leftTiles * Config::kLeft, rest / args.leftTiles * Config::kRight,
          expert ? __ldg(args.ends + expert - 1) : 0, __ldg(args.ends + expert)};
}

__device__ __forceinline__ void store(float *to, float a, float b, bool accumulate) {
  auto &pair = *reinterpret_cast<float2 *>(to);
  if (accumulate) {
    const float2 old = pair;
    a += old.x, b += old.y;
  }
  pair = float2{a, b};
}
template <class T> __device__ __forceinline__ void store(T *to, float a, float b, bool accumulate) {
  auto &pair = *reinterpret_cast<std::uint32_t *>(to);
  if (accumulate) {
    const float2 old = unpack<T>(pair);
    a += old.x, b += old.y;
  }
  pair = pack<T>(a, b);
}

// Rows from `valid` on of what this warpgroup reads of the stage; of a right operand that both
// read, each zeroes its half.
template <class Config>
__device__ __forceinline__ void zeroTail(char *stage, int group, int valid) {
  constexpr int kShared = Config::kPingpong ? 1 : 2, kRightAtoms = Config::kRight / 64 / kShared;
  const int part = Config::kPingpong ? 0 : group, perAtom = (64 - valid) * 8;
  char *left = stage + part * Config::kBlocks * kAtomBytes;
  char *right = stage + Config::kLeftBytes + part * kRightAtoms * kAtomBytes;
  for (int i = threadIdx.x % 128; i < (Config::kBlocks + kRightAtoms) * perAtom; i += 128) {
    const int atom = i / perAtom, rest = i - atom * perAtom;
    char *base = atom < Config::kBlocks ? left + atom * kAtomBytes
                                        : right + (atom - Config::kBlocks) * kAtomBytes;
    *reinterpret_cast<int4 *>(base + (valid + rest / 8) * 128 + rest % 8 * 16) = int4{0, 0, 0, 0};
  }
  sharedWritesToCopyEngine(); // the matrix unit reads through the same proxy
  if constexpr (Config::kPingpong)
    asm volatile("bar.sync %0, 128;" ::"r"(group + 1) : "memory");
  else
    asm volatile("bar.sync 1, 256;" ::: "memory");
}

template <class Config>
__global__ __launch_bounds__(384,
                             1) void weightKernel(const __grid_constant__ WeightArguments args) {
  extern __shared__ __align__(1024) char shared[];
  auto *full = reinterpret_cast<Barrier *>(shared + Config::kStages * Config::kStageBytes);
  Barrier *empty = full + Config::kStages, *done = empty + Config::kStages;
  if (threadIdx.x == 0) {
    for (int i = 0; i < Config::kStages; ++i) {
      full[i].init(1);
      empty[i].init(Config::kPingpong ? 4 : 8);
    }
    for (int i = 0; i < 2; ++i) done[i].init(4);
    cutlass::arch::fence_barrier_init();
  }
  __syncthreads();
  const int total = args.experts * args.leftTiles * args.rightTiles;
  const int group = warpgroup();
  std::uint32_t turn = 0;
  if (group == 2) {
    giveRegisters<40>();
    if (threadIdx.x != 256) return;
    const auto hint = static_cast<std::uint64_t>(cute::TMA::CacheHintSm90::EVICT_NORMAL);
    for (int linear = blockIdx.x; linear < total; linear += gridDim.x) {
      const WeightTile tile = weightTile<Config>(args, linear);
      for (int row = tile.begin; row < tile.end; row += kDepth, ++turn) {
        const int stage = turn % Config::kStages;
        empty[stage].wait((turn / Config::kStages & 1) ^ 1);
        auto *barrier = reinterpret_cast<std::uint64_t *>(&full[stage]);
        full[stage].arrive_and_expect_tx(Config::kStageBytes);
        char *at = shared + stage * Config::kStageBytes;
#pragma unroll
        for (int i = 0; i < Config::kLeft / 64; ++i)
          cute::SM90_TMA_LOAD_2D::copy(&args.left, barrier, hint, at + i * kAtomBytes,
                                       tile.left + i * 64, row);
#pragma unroll
        for (int i = 0; i < Config::kRight / 64; ++i)
          cute::SM90_TMA_LOAD_2D::copy(&args.right, barrier, hint,
                                       at + Config::kLeftBytes + i * kAtomBytes,
                                       tile.right + i * 64, row);
      }
    }
    return;
  }
  takeRegisters<232>();
  const int warp = threadIdx.x / 32 % 4, lane = threadIdx.x % 32;
  const int leftOffset = Config::kPingpong ? 0 : group * 64 * Config::kBlocks;
  int ordinal = 0;
  for (int linear = blockIdx.x; linear < total; linear += gridDim.x, ++ordinal) {
    const WeightTile tile = weightTile<Config>(args, linear);
    if constexpr (Config::kPingpong) {
      if ((ordinal & 1) != group) {
        turn += (tile.end - tile.begin + kDepth - 1) / kDepth;
        continue;
      }
      const int own = ordinal / 2; // turns as in row_kernel.cuh
      if (group == 1)
        done[0].wait(own & 1);
      else if (own > 0)
        done[1].wait((own - 1) & 1);
    }
    float sums[Config::kBlocks][Config::kRight / 2];
#pragma unroll
    for (auto &line : sums)
#pragma unroll
      for (float &sum : line) sum = 0;
    int previous = -1;
    for (int row = tile.begin; row < tile.end; row += kDepth, ++turn) {
      const int stage = turn % Config::kStages;
      full[stage].wait(turn / Config::kStages & 1);
      char *at = shared + stage * Config::kStageBytes;
      if (row + kDepth > tile.end) zeroTail<Config>(at, group, tile.end - row);
      const Operand<Major::MN> a(sharedAddress(at) + leftOffset * 128);
      const Operand<Major::MN> b(sharedAddress(at) + Config::kLeftBytes);
      fence<Config::kRight / 2>(sums);
      cute::warpgroup_arrive();
#pragma unroll
      for (int k = 0; k < kDepth / 16; ++k)
#pragma unroll
        for (int m = 0; m < Config::kBlocks; ++m)
          multiply<typename Config::Atom, Config::kRight / 2>(
              a.at(m * kAtomBytes + k * kStepBytes<Major::MN>), b.at(k * kStepBytes<Major::MN>),
              sums[m], ScaleOut::One);
      cute::warpgroup_commit_batch();
      fence<Config::kRight / 2>(sums);
      cute::warpgroup_wait<1>();
      if (previous >= 0 && lane == 0) empty[previous].arrive();
      previous = stage;
    }
    if (Config::kPingpong && lane == 0) done[group].arrive();
    cute::warpgroup_wait<0>();
    fence<Config::kRight / 2>(sums);
    if (previous >= 0 && lane == 0) empty[previous].arrive();

    auto *gradient = static_cast<typename Config::Out *>(args.gradient) +
                     static_cast<std::int64_t>(tile.expert) * args.leftColumns * args.rightColumns;
#pragma unroll
    for (int m = 0; m < Config::kBlocks; ++m)
#pragma unroll
      for (int r = 0; r < 2; ++r) {
        const int row = tile.left + leftOffset + m * 64 + warp * 16 + lane / 4 + 8 * r;
        if (row >= args.leftColumns) continue;
        auto *line = gradient + static_cast<std::int64_t>(row) * args.rightColumns + tile.right +
                     2 * (lane % 4);
#pragma unroll
        for (int j = 0; j < Config::kRight / 8; ++j)
          if (tile.right + 8 * j < args.rightColumns)
            store(line + 8 * j, sums[m][4 * j + 2 * r], sums[m][4 * j + 2 * r + 1],
                  args.accumulate);
      }
  }
}

} // namespace hotloop::kernels::hopper
