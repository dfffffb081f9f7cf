#pragma once

#include "kernels/moe_ops/hopper/row_epilogue.cuh"

// Persistent grouped product over rows: one warp feeds tiles through the copy engine, two
// warpgroups multiply (wgmma) and store. No tensor map per expert: rows of all experts are one
// matrix, tiles may read into the next expert's rows, and only stores are cut.
namespace hotloop::kernels::hopper {

template <class Config> struct RowPipeline {
  char *stages;
  char *staging;
  Barrier *full, *empty, *hidden;
  Barrier *done; // pingpong: a warpgroup has taken the last stage of its tile

  __device__ explicit RowPipeline(char *shared)
      : stages(shared), staging(shared + Config::kStages * Config::kStageBytes),
        full(reinterpret_cast<Barrier *>(staging + 8 * Config::kWarpStaging)),
        empty(full + Config::kStages), hidden(empty + Config::kStages), done(hidden + 8) {}
};

// Rows of b for one stage.
template <class Config>
__device__ __forceinline__ void feedColumns(const RowArguments &args, std::uint64_t *barrier,
                                            char *b, int step, int column, int expert,
                                            int sharing) {
  const auto hint = static_cast<std::uint64_t>(cute::TMA::CacheHintSm90::EVICT_NORMAL);
  if constexpr (Config::kB == Major::MN) {
#pragma unroll
    for (int chunk = 0; chunk < Config::kColumns / 64; ++chunk)
      cute::SM90_TMA_LOAD_3D::copy(&args.b, barrier, hint, b + chunk * kAtomBytes,
                                   column + chunk * 64, step * kDepth, expert);
  } else if (Config::kSlices && sharing > 1) {
    cute::SM90_TMA_LOAD_3D::copy(&args.slice, barrier, hint, b, step * kDepth, column, expert);
  } else {
    cute::SM90_TMA_LOAD_3D::copy(&args.b, barrier, hint, b, step * kDepth, column, expert);
    if constexpr (Config::kDual)
      cute::SM90_TMA_LOAD_3D::copy(&args.b, barrier, hint, b + Config::kBBytes / 2, step * kDepth,
                                   args.columns + column, expert);
  }
}

template <class Config>
__device__ __forceinline__ int firstColumn(const RowTurns &turns, int ordinal, int columnTile) {
  return columnTile * Config::kOutColumns +
         turns.slice(ordinal) * (Config::kOutColumns / turns.sharing(ordinal));
}

template <class Config>
__device__ __forceinline__ void feedRows(const RowArguments &args, RowPipeline<Config> &pipeline,
                                         const RowTurns &turns) {
  if (turns.count == 0) return;
  std::uint32_t turn = 0;
  const auto hint = static_cast<std::uint64_t>(cute::TMA::CacheHintSm90::EVICT_NORMAL);
  int4 entry = tileEntry(args, turns.tile(0));
  for (int ordinal = 0; ordinal < turns.count; ++ordinal) {
    const RowTile tile = rowTile<Config::kRows>(args, entry, turns.tile(ordinal));
    const int column = firstColumn<Config>(turns, ordinal, tile.columnTile);
    const int sharing = turns.sharing(ordinal);
    for (int step = 0; step < args.steps; ++step, ++turn) {
      const int stage = turn % Config::kStages;
      pipeline.empty[stage].wait((turn / Config::kStages & 1) ^ 1);
      auto *barrier = reinterpret_cast<std::uint64_t *>(&pipeline.full[stage]);
      pipeline.full[stage].arrive_and_expect_tx(Config::kABytes + Config::kBBytes / sharing);
      char *a = pipeline.stages + stage * Config::kStageBytes;
      cute::SM90_TMA_LOAD_2D::copy(&args.a, barrier, hint, a, step * kDepth, tile.row);
      feedColumns<Config>(args, barrier, a + Config::kABytes, step, column, tile.expert, sharing);
      // Where the next tile is comes from memory: asked while this one is on its way.
      if (step == 0 && ordinal + 1 < turns.count) entry = tileEntry(args, turns.tile(ordinal + 1));
    }
  }
}

// One warpgroup's sums over the first kN columns of a tile, from the stages `turn` on.
template <class Config, int kN>
__device__ __forceinline__ void sumTile(const RowArguments &args, RowPipeline<Config> &pipeline,
                                        std::uint32_t turn, int group, int rowOffset,
                                        float (&sums)[Config::kBlocks][Config::kColumns / 2]) {
  using Atom = typename MatrixUnit<typename Config::T, kN, Major::K, Config::kB>::Atom;
  const int lane = threadIdx.x % 32;
  const std::uint32_t stages = sharedAddress(pipeline.stages);
  int previous = 0;
  for (int step = 0; step < args.steps; ++step, ++turn) {
    const int stage = turn % Config::kStages;
    pipeline.full[stage].wait(turn / Config::kStages & 1);
    const std::uint32_t base = stages + stage * Config::kStageBytes;
    const Operand<Major::K> a(base + rowOffset * 128);
    const Operand<Config::kB> b(base + Config::kABytes);
    fence<kN / 2>(sums);
    cute::warpgroup_arrive();
#pragma unroll
    for (int k = 0; k < kDepth / 16; ++k)
#pragma unroll
      for (int m = 0; m < Config::kBlocks; ++m)
        multiply<Atom, kN / 2>(a.at(m * kAtomBytes + k * kStepBytes<Major::K>),
                               b.at(k * kStepBytes<Config::kB>), sums[m],
                               (step | k) ? ScaleOut::One : ScaleOut::Zero);
    cute::warpgroup_commit_batch();
    fence<kN / 2>(sums);
    // The products before this step's are done with their stage.
    cute::warpgroup_wait<1>();
    if (step > 0 && lane == 0) pipeline.empty[previous].arrive();
    previous = stage;
  }
  if (Config::kPingpong && lane == 0) pipeline.done[group].arrive();
  cute::warpgroup_wait<0>();
  fence<kN / 2>(sums);
  if (lane == 0) pipeline.empty[previous].arrive();
}

template <class Config>
__device__ __forceinline__ void multiplyRows(const RowArguments &args,
                                             RowPipeline<Config> &pipeline, const RowTurns &turns,
                                             int group) {
  constexpr int kStride = Config::kPingpong ? 2 : 1;
  const int warp = threadIdx.x / 32 % 4, lane = threadIdx.x % 32;
  char *staging = pipeline.staging + (group * 4 + warp) * Config::kWarpStaging;
  Barrier &hidden = pipeline.hidden[group * 4 + warp];
  const int rowOffset = Config::kPingpong ? 0 : group * 64 * Config::kBlocks;
  std::uint32_t hiddenPhase = 0;
  int ordinal = Config::kPingpong ? group : 0;
  if (ordinal >= turns.count) return;
  int4 entry = tileEntry(args, turns.tile(ordinal));
  for (; ordinal < turns.count; ordinal += kStride) {
    const std::uint32_t turn = ordinal * args.steps;
    const RowTile tile = rowTile<Config::kRows>(args, entry, turns.tile(ordinal));
    if (ordinal + kStride < turns.count) entry = tileEntry(args, turns.tile(ordinal + kStride));
    WarpTile mine{tile.row + rowOffset + warp * 16, tile.end,
                  firstColumn<Config>(turns, ordinal, tile.columnTile)};
    // The last tile of an expert may have no row for the second warpgroup: it leaves the matrix
    // unit to the first.
    if (!Config::kPingpong && tile.row + rowOffset >= tile.end) {
      for (std::uint32_t step = turn; step < turn + args.steps; ++step) {
        const int stage = step % Config::kStages;
        pipeline.full[stage].wait(step / Config::kStages & 1);
        if (lane == 0) pipeline.empty[stage].arrive();
      }
      continue;
    }
    if constexpr (isBackward(Config::kEpilogue))
      RowEpilogue<Config>::fetchHidden(args, mine, staging, hidden);

    // Turns: the other warpgroup has taken all stages before mine. Without that a stage's parity
    // could be one of an earlier round.
    if constexpr (Config::kPingpong) {
      const int own = ordinal / 2;
      if (group == 1)
        pipeline.done[0].wait(own & 1);
      else if (own > 0)
        pipeline.done[1].wait((own - 1) & 1);
    }
    float sums[Config::kBlocks][Config::kColumns / 2];
    const bool isSlice = Config::kSlices && turns.sharing(ordinal) > 1;
    if (Config::kSlices && isSlice)
      sumTile<Config, kSliceColumns>(args, pipeline, turn, group, rowOffset, sums);
    else
      sumTile<Config, Config::kColumns>(args, pipeline, turn, group, rowOffset, sums);
    if constexpr (isBackward(Config::kEpilogue)) {
      hidden.wait(hiddenPhase);
      hiddenPhase ^= 1;
      RowEpilogue<Config>::backward(args, mine, sums[0], staging);
    } else {
#pragma unroll
      for (int m = 0; m < Config::kBlocks; ++m) {
        if (Config::kSlices && isSlice)
          RowEpilogue<Config>::template forward<kSliceColumns / 2>(args, mine, sums[m], staging);
        else
          RowEpilogue<Config>::template forward<Config::kColumns / 2>(args, mine, sums[m], staging);
        mine.row += 64;
      }
    }
  }
}

template <class Config>
__global__ __launch_bounds__(384, 1) void rowKernel(const __grid_constant__ RowArguments args) {
  extern __shared__ __align__(1024) char shared[];
  RowPipeline<Config> pipeline(shared);
  if (threadIdx.x == 0) {
    for (int i = 0; i < Config::kStages; ++i) {
      pipeline.full[i].init(1);
      pipeline.empty[i].init(Config::kPingpong ? 4 : 8); // warps that read a stage
    }
    for (int i = 0; i < 8; ++i) pipeline.hidden[i].init(1);
    for (int i = 0; i < 2; ++i) pipeline.done[i].init(4);
    cutlass::arch::fence_barrier_init();
    cute::prefetch_tma_descriptor(reinterpret_cast<const cute::TmaDescriptor *>(&args.a));
    cute::prefetch_tma_descriptor(reinterpret_cast<const cute::TmaDescriptor *>(&args.b));
  }
  __syncthreads();
  const int total = __ldg(args.schedule + args.list) * args.columnTiles;
  const RowTurns turns(total, Config::kSlices);
  const int group = warpgroup();
  if (group == 2) {
    giveRegisters<40>();
    if (threadIdx.x == 256) feedRows(args, pipeline, turns);
  } else {
    takeRegisters<232>();
    multiplyRows(args, pipeline, turns, group);
  }
}

} // namespace hotloop::kernels::hopper
