#pragma once

#include "kernels/moe_ops/routing/cluster.cuh"
#include "kernels/moe_ops/routing/gate_tile.cuh"

namespace hotloop::kernels::routing {

// What a block of a cluster tells the first one; one block alone is a cluster of one.
struct GateSums {
  int counts[256];
  float probabilities[256];
  float squares;
};
inline constexpr int kMostBlocks = 8;

// Selects for tokens [first, first + count) of the tile, whose logits stand at `rows`, one line per
// token, and leaves the sums over them in `sums`, which may lie in another block. 256 threads.
__device__ __forceinline__ void selectTokens(const GateArguments &args, const float *rows,
                                             int pitch, int first, int count, GateSums &sums,
                                             int *counts, float *scratch /* 8 x 256 */) {
  __shared__ float warpSquares[8];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  counts[threadIdx.x] = 0;
  __syncthreads();
  float squares = 0;
  const auto select = [&]<int kPerLane>() {
    float probabilities[kPerLane] = {};
    // Four tokens at once: the steps of one depend on each other.
    for (int i = warp; i < count && first + i < args.tokens; i += 32) {
      const int tokens = min(4, (min(count, args.tokens - first) - i + 7) / 8);
      selectExperts<kPerLane, 4>(args, rows + i * pitch, 8 * pitch, first + i, 8, tokens, counts,
                                 probabilities, squares);
    }
#pragma unroll
    for (int i = 0; i < 8; ++i)
      scratch[warp * 256 + lane + 32 * i] = i < kPerLane ? probabilities[i < kPerLane ? i : 0] : 0;
  };
  if (args.experts <= 32)
    select.template operator()<1>();
  else if (args.experts <= 128)
    select.template operator()<4>();
  else
    select.template operator()<8>();
  if (lane == 0) warpSquares[warp] = squares;
  __syncthreads();
  float total = 0;
  for (int w = 0; w < 8; ++w) total += scratch[w * 256 + threadIdx.x];
  sums.counts[threadIdx.x] = counts[threadIdx.x];
  sums.probabilities[threadIdx.x] = total;
  if (threadIdx.x == 0) {
    float all = 0;
    for (const float s : warpSquares) all += s;
    sums.squares = all;
  }
}

// Grid: tiles of 128 tokens times the cluster's blocks.
template <class X, class W, int kGroups>
__global__ __launch_bounds__(256, kGroups > 2 ? 1 : 2) void gateKernel(const GateArguments args) {
  extern __shared__ __align__(128) char shared[];
  __shared__ int counts[256];
  using Tile = GateTile<X, W, kGroups>;
  const int size = static_cast<int>(clusterSize()), rank = static_cast<int>(clusterRank());
  const int tile = blockIdx.x / size, token = tile * kGateTokens;
  const int steps = (args.dim + Tile::kDepth - 1) / Tile::kDepth;
  const int share = (steps + size - 1) / size * Tile::kDepth;
  const int begin = min(rank * share, args.dim), end = min(begin + share, args.dim);
  float parts[Tile::kSums][4] = {};
  Tile::run(shared, args, token, begin, end, parts);
  clusterBarrier(); // nobody needs his stages any more

  // To the block that owns the tokens: [rank][its tokens][logits]. A warp's tokens have one owner.
  const int perBlock = kGateTokens / size, pitch = Tile::logitPitch(args.experts);
  auto *received = reinterpret_cast<float *>(shared);
  const int first = static_cast<int>(threadIdx.x) / 32 * 16; // the warp's tokens
  Tile::put(atRank(received + (rank * perBlock + first % perBlock) * pitch,
                   static_cast<unsigned>(first / perBlock)),
            args.experts, parts);
  clusterBarrier();
  if (size > 1) { // in the order of ranks
    const int quads = Tile::paddedExperts(args.experts) / 4;
    for (int i = threadIdx.x; i < perBlock * quads; i += 256) {
      const int at = i / quads * pitch + i % quads * 4;
      float4 total = *reinterpret_cast<const float4 *>(received + at);
      for (int r = 1; r < size; ++r) {
        const float4 part = *reinterpret_cast<const float4 *>(received + r * perBlock * pitch + at);
        total.x += part.x, total.y += part.y, total.z += part.z, total.w += part.w;
      }
      *reinterpret_cast<float4 *>(received + at) = total;
    }
    __syncthreads();
  }
  // Behind the logits: what this block is told, and scratch.
  auto *told = reinterpret_cast<GateSums *>(shared + 4 * kGateTokens * pitch);
  auto *scratch = reinterpret_cast<float *>(told + kMostBlocks);
  selectTokens(args, received, pitch, token + rank * perBlock, perBlock, *atRank(told + rank, 0),
               counts, scratch);
  clusterBarrier();
  if (rank == 0) writeTileSums(args, tile, told, size);
}

} // namespace hotloop::kernels::routing
