#pragma once

#include "kernels/moe_ops/hopper/row_epilogue.cuh"

// Persistent grouped product over rows for short sums: the weights of 128 columns stay in shared
// memory, a slab, and the rows of their expert stream past. Against a tile of 64 x 256 less than
// half as many bytes come from L2 for a product, which is what bounds those. Two warpgroups take
// turns with tiles of 64 rows; each block takes an equal run of tiles, row tiles first.
namespace hotloop::kernels::hopper {

inline constexpr int kSlabSteps = 8; // of kDepth: sums of at most 512

template <Epilogue kEpilogue_> struct SlabConfig {
  using T = __nv_bfloat16;
  static constexpr Epilogue kEpilogue = kEpilogue_;
  static_assert(kEpilogue == Epilogue::kPlain || kEpilogue == Epilogue::kGelu);
  static constexpr int kRows = 64, kColumns = 128;
  static constexpr int kPitch = kColumns * 2 + 16;                           // as in RowConfig
  static constexpr int kRowBytes = kRows * 128, kSlabBytes = kColumns * 128; // of one step
  static constexpr int kWarpStaging = 16 * kPitch;
  static constexpr int kBarrierBytes = 8 * (2 * kSlabSteps + 2);
  static constexpr int kSharedBytes =
      kSlabSteps * (kRowBytes + kSlabBytes) + 8 * kWarpStaging + kBarrierBytes;
  static_assert(kSharedBytes <= 232448);
};

// One stage per step: the stage of a step holds these 64 columns of the rows and of the slab, so a
// stage that is free for the next tile's rows is free for the next slab as well.
template <class Config> struct SlabPipeline {
  char *slab, *rows, *staging;
  Barrier *full, *empty;
  Barrier *done; // a warpgroup has taken the last stage of its tile

  __device__ explicit SlabPipeline(char *shared)
      : slab(shared), rows(slab + kSlabSteps * Config::kSlabBytes),
        staging(rows + kSlabSteps * Config::kRowBytes),
        full(reinterpret_cast<Barrier *>(staging + 8 * Config::kWarpStaging)),
        empty(full + kSlabSteps), done(empty + kSlabSteps) {}
};

// A block's run of tiles: all row tiles of an expert for one slab, then for the next one, then the
// next expert's. `count` of them; steps need no division and mostly nothing from memory.
template <int kRows> struct SlabWalk {
  const RowArguments &args;
  int count;
  int entryAt; // of the expert, in args.tiles
  int expert, firstRow, end, tiles, tile, column;

  __device__ __forceinline__ explicit SlabWalk(const RowArguments &a) : args(a) {
    const int total = __ldg(args.schedule + args.list) * args.columnTiles;
    const auto begin = [total](unsigned block) {
      return static_cast<int>(static_cast<std::int64_t>(total) * block / gridDim.x);
    };
    const int first = begin(blockIdx.x);
    count = begin(blockIdx.x + 1) - first;
    if (count == 0) return;
    enter(args.byColumns.divide(first));
    const int local = first - entryAt * args.columnTiles;
    column = local / tiles;
    tile = local - column * tiles;
  }
  // The expert of entry `at`.
  __device__ __forceinline__ void enter(int at) {
    const int4 entry = __ldg(args.tiles + at);
    entryAt = entry.y;
    expert = entry.x;
    firstRow = entry.z;
    end = entry.w;
    tiles = (end - firstRow + kRows - 1) / kRows;
  }
  // Never beyond the run's last tile. Says whether another slab begins.
  __device__ __forceinline__ bool advance(int steps) {
    tile += steps;
    bool isFresh = false;
    while (tile >= tiles) {
      isFresh = true;
      tile -= tiles;
      if (++column < args.columnTiles) continue;
      column = 0;
      enter(entryAt + tiles);
    }
    return isFresh;
  }
  __device__ __forceinline__ int row() const { return firstRow + tile * kRows; }
};

template <class Config>
__device__ __forceinline__ void feedSlabs(const RowArguments &args, SlabPipeline<Config> &pipeline,
                                          SlabWalk<Config::kRows> walk) {
  const auto hint = static_cast<std::uint64_t>(cute::TMA::CacheHintSm90::EVICT_NORMAL);
  bool isFresh = true;
  for (int ordinal = 0; ordinal < walk.count; ++ordinal) {
    for (int step = 0; step < args.steps; ++step) {
      pipeline.empty[step].wait((ordinal & 1) ^ 1);
      auto *barrier = reinterpret_cast<std::uint64_t *>(&pipeline.full[step]);
      pipeline.full[step].arrive_and_expect_tx(Config::kRowBytes +
                                               (isFresh ? Config::kSlabBytes : 0));
      if (isFresh)
        cute::SM90_TMA_LOAD_3D::copy(&args.b, barrier, hint,
                                     pipeline.slab + step * Config::kSlabBytes, step * kDepth,
                                     walk.column * Config::kColumns, walk.expert);
      cute::SM90_TMA_LOAD_2D::copy(&args.a, barrier, hint, pipeline.rows + step * Config::kRowBytes,
                                   step * kDepth, walk.row());
    }
    if (ordinal + 1 < walk.count) isFresh = walk.advance(1);
  }
}

template <class Config>
__device__ __forceinline__ void multiplySlabs(const RowArguments &args,
                                              SlabPipeline<Config> &pipeline,
                                              SlabWalk<Config::kRows> walk, int group) {
  using Atom = typename MatrixUnit<typename Config::T, Config::kColumns, Major::K, Major::K>::Atom;
  constexpr int kSums = Config::kColumns / 2;
  const int warp = threadIdx.x / 32 % 4, lane = threadIdx.x % 32;
  char *staging = pipeline.staging + (group * 4 + warp) * Config::kWarpStaging;
  const Operand<Major::K> a(sharedAddress(pipeline.rows)), b(sharedAddress(pipeline.slab));
  if (group < walk.count) walk.advance(group);
  for (int ordinal = group; ordinal < walk.count; ordinal += 2) {
    // The other warpgroup has taken all stages before mine: a stage's parity tells two tiles apart,
    // not three.
    const int own = ordinal / 2;
    if (group == 1)
      pipeline.done[0].wait(own & 1);
    else if (own > 0)
      pipeline.done[1].wait((own - 1) & 1);
    float sums[1][kSums];
    for (int step = 0; step < args.steps; ++step) {
      pipeline.full[step].wait(ordinal & 1);
      fence<kSums>(sums);
      cute::warpgroup_arrive();
#pragma unroll
      for (int k = 0; k < kDepth / 16; ++k)
        multiply<Atom, kSums>(a.at(step * Config::kRowBytes + k * kStepBytes<Major::K>),
                              b.at(step * Config::kSlabBytes + k * kStepBytes<Major::K>), sums[0],
                              (step | k) ? ScaleOut::One : ScaleOut::Zero);
      cute::warpgroup_commit_batch();
      fence<kSums>(sums);
      // The products before this step's are done with their stage.
      cute::warpgroup_wait<1>();
      if (step > 0 && lane == 0) pipeline.empty[step - 1].arrive();
    }
    if (lane == 0) pipeline.done[group].arrive();
    cute::warpgroup_wait<0>();
    fence<kSums>(sums);
    if (lane == 0) pipeline.empty[args.steps - 1].arrive();
    const WarpTile mine{walk.row() + warp * 16, walk.end, walk.column * Config::kColumns};
    RowEpilogue<Config>::template forward<kSums>(args, mine, sums[0], staging);
    if (ordinal + 2 < walk.count) walk.advance(2);
  }
}

template <class Config>
__global__ __launch_bounds__(384, 1) void slabKernel(const __grid_constant__ RowArguments args) {
  extern __shared__ __align__(1024) char shared[];
  SlabPipeline<Config> pipeline(shared);
  if (threadIdx.x == 0) {
    for (int i = 0; i < kSlabSteps; ++i) {
      pipeline.full[i].init(1);
      pipeline.empty[i].init(4); // warps that read a stage
    }
    for (int i = 0; i < 2; ++i) pipeline.done[i].init(4);
    cutlass::arch::fence_barrier_init();
    cute::prefetch_tma_descriptor(reinterpret_cast<const cute::TmaDescriptor *>(&args.a));
    cute::prefetch_tma_descriptor(reinterpret_cast<const cute::TmaDescriptor *>(&args.b));
  }
  __syncthreads();
  const SlabWalk<Config::kRows> walk(args);
  const int group = warpgroup();
  if (group == 2) {
    giveRegisters<40>();
    if (threadIdx.x == 256) feedSlabs(args, pipeline, walk);
  } else {
    takeRegisters<232>();
    multiplySlabs(args, pipeline, walk, group);
  }
}

} // namespace hotloop::kernels::hopper
