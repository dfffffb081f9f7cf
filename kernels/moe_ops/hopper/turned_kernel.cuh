#pragma once

#include "kernels/moe_ops/hopper/row_tiles.cuh"

// Persistent grouped product over rows, turned: the matrix unit's 64 rows are columns of the
// weights, its columns are rows of the product. Those come in eights, so a tile can be as high as
// the rows of an expert divide well into: 144, where 128 leave a last tile of a few rows and with
// it a last round of a few blocks. Both warpgroups work on one tile of 144 rows and 256 columns.
namespace hotloop::kernels::hopper {

struct TurnedConfig {
  using T = __nv_bfloat16;
  using Atom = cute::SM90::GMMA::MMA_64x144x16_F32BF16BF16_SS<Major::K, Major::K>;
  static constexpr int kRows = 144, kColumns = 256, kStages = 3;
  static constexpr int kBlocks = 2; // of 64 columns, per warpgroup
  static constexpr int kSums = kRows / 2;
  static constexpr int kRowBytes = kRows * 128, kColumnBytes = kColumns * 128;
  static constexpr int kStageBytes = kRowBytes + kColumnBytes;
  // Staging of one warpgroup: 64 columns of all rows; 16 bytes between rows keep banks apart.
  static constexpr int kPitch = 64 * 2 + 16;
  static constexpr int kGroupStaging = kRows * kPitch;
  static constexpr int kBarrierBytes = 8 * 2 * kStages;
  static constexpr int kSharedBytes = kStages * kStageBytes + 2 * kGroupStaging + kBarrierBytes;
  static_assert(kSharedBytes <= 232448);
};

struct TurnedPipeline {
  char *stages, *staging;
  Barrier *full, *empty;

  __device__ explicit TurnedPipeline(char *shared)
      : stages(shared), staging(shared + TurnedConfig::kStages * TurnedConfig::kStageBytes),
        full(reinterpret_cast<Barrier *>(staging + 2 * TurnedConfig::kGroupStaging)),
        empty(full + TurnedConfig::kStages) {}
};

__device__ __forceinline__ void feedTurned(const RowArguments &args, TurnedPipeline &pipeline,
                                           int total) {
  using Config = TurnedConfig;
  const auto hint = static_cast<std::uint64_t>(cute::TMA::CacheHintSm90::EVICT_NORMAL);
  std::uint32_t turn = 0;
  for (int linear = blockIdx.x; linear < total; linear += gridDim.x) {
    const RowTile tile = rowTile<Config::kRows>(args, tileEntry(args, linear), linear);
    for (int step = 0; step < args.steps; ++step, ++turn) {
      const int stage = turn % Config::kStages;
      pipeline.empty[stage].wait((turn / Config::kStages & 1) ^ 1);
      auto *barrier = reinterpret_cast<std::uint64_t *>(&pipeline.full[stage]);
      pipeline.full[stage].arrive_and_expect_tx(Config::kStageBytes);
      char *at = pipeline.stages + stage * Config::kStageBytes;
      cute::SM90_TMA_LOAD_3D::copy(&args.b, barrier, hint, at, step * kDepth,
                                   tile.columnTile * Config::kColumns, tile.expert);
      cute::SM90_TMA_LOAD_2D::copy(&args.a, barrier, hint, at + Config::kColumnBytes, step * kDepth,
                                   tile.row);
    }
  }
}

// The threads of one warpgroup wait for each other.
__device__ __forceinline__ void groupBarrier(int group) {
  asm volatile("bar.sync %0, 128;" ::"r"(group + 1) : "memory");
}

// 64 columns of a tile to memory, turned back on the way. Thread t of a warpgroup holds, of its
// warp's 16 columns, columns t % 32 / 4 and that + 8, rows 8 j + 2 (t % 4) and the next, in
// sums[4 j .. 4 j + 3].
__device__ __forceinline__ void storeTurned(const RowArguments &args, const RowTile &tile,
                                            int column, const float (&sums)[TurnedConfig::kSums],
                                            char *staging, int group) {
  using Config = TurnedConfig;
  using T = Config::T;
  const int warp = threadIdx.x / 32 % 4, lane = threadIdx.x % 32, thread = threadIdx.x % 128;
  // Matrices of 8 x 8: two of columns, two of rows; a lane's address is a row of 8 columns.
  char *corner =
      staging + (lane / 16 * 8 + lane % 8) * Config::kPitch + warp * 32 + lane / 8 % 2 * 16;
#pragma unroll
  for (int j = 0; j < Config::kRows / 8; j += 2)
    storeMatricesTurned(corner + j * 8 * Config::kPitch, pack<T>(sums[4 * j], sums[4 * j + 1]),
                        pack<T>(sums[4 * j + 2], sums[4 * j + 3]),
                        pack<T>(sums[4 * j + 4], sums[4 * j + 5]),
                        pack<T>(sums[4 * j + 6], sums[4 * j + 7]));
  groupBarrier(group);
  const int part = thread % 8 * 8;
  T *to = static_cast<T *>(args.first) + static_cast<std::int64_t>(tile.row) * args.columns +
          column + part;
#pragma unroll
  for (int row = thread / 8; row < Config::kRows; row += 16) {
    const int4 eight = *reinterpret_cast<const int4 *>(staging + row * Config::kPitch + part * 2);
    storeIf(column + part < args.columns && tile.row + row < tile.end,
            to + static_cast<std::int64_t>(row) * args.columns, eight);
  }
  groupBarrier(group);
}

__device__ __forceinline__ void multiplyTurned(const RowArguments &args, TurnedPipeline &pipeline,
                                               int total, int group) {
  using Config = TurnedConfig;
  const int lane = threadIdx.x % 32;
  char *staging = pipeline.staging + group * Config::kGroupStaging;
  const std::uint32_t stages = sharedAddress(pipeline.stages);
  std::uint32_t turn = 0;
  for (int linear = blockIdx.x; linear < total; linear += gridDim.x) {
    const RowTile tile = rowTile<Config::kRows>(args, tileEntry(args, linear), linear);
    float sums[Config::kBlocks][Config::kSums];
    int previous = 0;
    for (int step = 0; step < args.steps; ++step, ++turn) {
      const int stage = turn % Config::kStages;
      pipeline.full[stage].wait(turn / Config::kStages & 1);
      const std::uint32_t base = stages + stage * Config::kStageBytes;
      const Operand<Major::K> columns(base + group * Config::kBlocks * kAtomBytes);
      const Operand<Major::K> rows(base + Config::kColumnBytes);
      fence<Config::kSums>(sums);
      cute::warpgroup_arrive();
#pragma unroll
      for (int k = 0; k < kDepth / 16; ++k)
#pragma unroll
        for (int m = 0; m < Config::kBlocks; ++m)
          multiply<Config::Atom, Config::kSums>(
              columns.at(m * kAtomBytes + k * kStepBytes<Major::K>),
              rows.at(k * kStepBytes<Major::K>), sums[m],
              (step | k) ? ScaleOut::One : ScaleOut::Zero);
      cute::warpgroup_commit_batch();
      fence<Config::kSums>(sums);
      // The products before this step's are done with their stage.
      cute::warpgroup_wait<1>();
      if (step > 0 && lane == 0) pipeline.empty[previous].arrive();
      previous = stage;
    }
    cute::warpgroup_wait<0>();
    fence<Config::kSums>(sums);
    if (lane == 0) pipeline.empty[previous].arrive();
#pragma unroll
    for (int m = 0; m < Config::kBlocks; ++m)
      storeTurned(args, tile,
                  tile.columnTile * Config::kColumns + (group * Config::kBlocks + m) * 64, sums[m],
                  staging, group);
  }
}

inline __global__
__launch_bounds__(384, 1) void turnedKernel(const __grid_constant__ RowArguments args) {
  extern __shared__ __align__(1024) char shared[];
  TurnedPipeline pipeline(shared);
  if (threadIdx.x == 0) {
    for (int i = 0; i < TurnedConfig::kStages; ++i) {
      pipeline.full[i].init(1);
      pipeline.empty[i].init(8); // warps that read a stage
    }
    cutlass::arch::fence_barrier_init();
    cute::prefetch_tma_descriptor(reinterpret_cast<const cute::TmaDescriptor *>(&args.a));
    cute::prefetch_tma_descriptor(reinterpret_cast<const cute::TmaDescriptor *>(&args.b));
  }
  __syncthreads();
  const int total = __ldg(args.schedule + args.list) * args.columnTiles;
  const int group = warpgroup();
  if (group == 2) {
    giveRegisters<40>();
    if (threadIdx.x == 256) feedTurned(args, pipeline, total);
  } else {
    takeRegisters<232>();
    multiplyTurned(args, pipeline, total, group);
  }
}

} // namespace hotloop::kernels::hopper
