#pragma once

#include <cooperative_groups.h>

#include "kernels/moe_ops/routing/gate_tile.cuh"

namespace hotloop::kernels::routing {

// What the blocks of a cluster tell each other; one block alone is a cluster of one.
struct GateSums {
  int counts[256];
  float probabilities[256];
  float squares;
};

__device__ __forceinline__ unsigned clusterRank() {
#if __CUDA_ARCH__ >= 900
  return cooperative_groups::this_cluster().block_rank();
#else
  return 0;
#endif
}
__device__ __forceinline__ unsigned clusterSize() {
#if __CUDA_ARCH__ >= 900
  return cooperative_groups::this_cluster().num_blocks();
#else
  return 1;
#endif
}
__device__ __forceinline__ void clusterBarrier() {
#if __CUDA_ARCH__ >= 900
  cooperative_groups::this_cluster().sync();
#else
  __syncthreads();
#endif
}
template <class T> __device__ __forceinline__ const T *atRank(const T *mine, unsigned rank) {
#if __CUDA_ARCH__ >= 900
  return cooperative_groups::this_cluster().map_shared_rank(const_cast<T *>(mine), rank);
#else
  return mine;
#endif
}
__device__ __forceinline__ void afterLastLaunch() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

// Selects for tokens [first, first + count) of the tile, whose logits stand at `rows`, one line per
// token, and leaves the sums over them in `sums`. 256 threads.
__device__ __forceinline__ void selectTokens(const GateArguments &args, const float *rows,
                                             int pitch, int first, int count, GateSums &sums,
                                             float *scratch /* 8 x 256 */) {
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  sums.counts[threadIdx.x] = 0;
  __syncthreads();
  float probabilities[8] = {}, squares = 0;
  for (int i = warp; i < count && first + i < args.tokens; i += 8) {
    const std::int64_t token = first + i;
    const Selection to{args.ids + token * args.topK, args.weights + token * args.topK,
                       args.logits ? args.logits + token * args.experts : nullptr,
                       args.lse ? args.lse + token : nullptr};
    selectExperts(rows + i * pitch, args.experts, args.topK, to, sums.counts, probabilities,
                  squares);
  }
#pragma unroll
  for (int i = 0; i < 8; ++i) scratch[warp * 256 + lane + 32 * i] = probabilities[i];
  __shared__ float warpSquares[8];
  if (lane == 0) warpSquares[warp] = squares;
  __syncthreads();
  float total = 0;
  for (int w = 0; w < 8; ++w) total += scratch[w * 256 + threadIdx.x];
  sums.probabilities[threadIdx.x] = total;
  if (threadIdx.x == 0) {
    float all = 0;
    for (const float s : warpSquares) all += s;
    sums.squares = all;
  }
}

// Grid: tiles of 128 tokens times the cluster's blocks.
template <class X, class W>
__global__ __launch_bounds__(256, 1) void gateKernel(const GateArguments args) {
  extern __shared__ __align__(128) char shared[];
  __shared__ GateSums sums;
  __shared__ float scratch[8 * 256];
  using Tile = GateTile<X, W>;
  afterLastLaunch();
  const int size = static_cast<int>(clusterSize()), rank = static_cast<int>(clusterRank());
  const int tile = blockIdx.x / size, token = tile * kGateTokens;
  const int steps = (args.dim + Tile::kDepth - 1) / Tile::kDepth;
  const int share = (steps + size - 1) / size * Tile::kDepth;
  const int begin = min(rank * share, args.dim), end = min(begin + share, args.dim);
  Tile::run(shared, args, token, begin, end);
  clusterBarrier();

  // This block's tokens: add the parts of all blocks in rank order, into the own part.
  const int perBlock = kGateTokens / size, pitch = Tile::logitPitch(args.experts);
  auto *logits = reinterpret_cast<float *>(shared);
  float *mine = logits + rank * perBlock * pitch;
  if (size > 1) {
    const int quads = Tile::paddedExperts(args.experts) / 4;
    for (int i = threadIdx.x; i < perBlock * quads; i += 256) {
      const int at = i / quads * pitch + i % quads * 4;
      float4 total{0, 0, 0, 0};
      for (int r = 0; r < size; ++r) {
        const float4 part =
            *reinterpret_cast<const float4 *>(atRank(mine + at, static_cast<unsigned>(r)));
        total.x += part.x, total.y += part.y, total.z += part.z, total.w += part.w;
      }
      *reinterpret_cast<float4 *>(mine + at) = total; // nobody else reads these tokens
    }
    __syncthreads();
  }
  selectTokens(args, mine, pitch, token + rank * perBlock, perBlock, sums, scratch);
  clusterBarrier();
  if (rank == 0 && static_cast<int>(threadIdx.x) < args.experts) {
    int count = 0;
    float probability = 0, squares = 0;
    for (int r = 0; r < size; ++r) {
      const GateSums *other = atRank(&sums, static_cast<unsigned>(r));
      count += other->counts[threadIdx.x];
      probability += other->probabilities[threadIdx.x];
      squares += other->squares;
    }
    const std::int64_t at = static_cast<std::int64_t>(tile) * args.experts + threadIdx.x;
    args.tileCounts[at] = count;
    if (args.tileProbabilities) args.tileProbabilities[at] = probability;
    if (args.tileSquaredLse && threadIdx.x == 0) args.tileSquaredLse[tile] = squares;
  }
  clusterBarrier(); // shared memory stays until all have read it
}

} // namespace hotloop::kernels::routing
