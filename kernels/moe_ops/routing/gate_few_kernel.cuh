#pragma once

#include "kernels/moe_ops/moe_types.h"
#include "kernels/moe_ops/routing/cluster.cuh"
#include "kernels/moe_ops/routing/number.cuh"
#include "kernels/moe_ops/routing/select.cuh"

// The gate for at most eight experts: a warp takes four tokens, its lanes share the summed
// dimension, and one exchange leaves every logit in a lane of its own. There an expert's place
// among the k largest is how many experts of its token have a larger logit: no rounds of maximum
// and removal. fp32 multiply-adds.
namespace hotloop::kernels::routing {

inline constexpr int kFewTokens = 4;  // per warp at a time
inline constexpr int kFewExperts = 8; // lanes of a token
static_assert(kFewTokens * kFewExperts == 32);

// Sums over the tokens of a block.
struct FewSums {
  int counts[kFewExperts];
  float probabilities[kFewExperts];
  float squares;
};

// values[lane], summed over all lanes, to values[0].
template <int kDistance> __device__ __forceinline__ void spreadSums(float (&values)[32]) {
  const bool upper = (threadIdx.x & kDistance) != 0;
#pragma unroll
  for (int i = 0; i < kDistance; ++i) {
    const float low = values[i], high = values[i + kDistance];
    values[i] = (upper ? high : low) + __shfl_xor_sync(kAll, upper ? low : high, kDistance);
  }
  if constexpr (kDistance > 1) spreadSums<kDistance / 2>(values);
}

// Of the lanes that hold one token.
__device__ __forceinline__ float tokenSum(float x) {
#pragma unroll
  for (int distance = kFewExperts / 2; distance > 0; distance /= 2)
    x += __shfl_xor_sync(kAll, x, distance);
  return x;
}

// The logit of this lane's token (first + lane / 8) and expert (lane % 8).
template <class X, class W>
__device__ __forceinline__ float fewLogit(const GateArguments &args, int first) {
  constexpr int kParts = 2; // of 256 columns, on their way together
  const int lane = threadIdx.x % 32;
  float sums[32] = {};
  for (int base = lane * 8; base < args.dim; base += kParts * 256) {
    RawEight<X> x[kParts][kFewTokens];
#pragma unroll
    for (int part = 0; part < kParts; ++part)
#pragma unroll
      for (int t = 0; t < kFewTokens; ++t) {
        const int token = min(first + t, args.tokens - 1), column = base + part * 256;
        if (column < args.dim)
          x[part][t].load(static_cast<const X *>(args.x) +
                          static_cast<std::int64_t>(token) * args.dim + column);
      }
#pragma unroll
    for (int part = 0; part < kParts; ++part) {
      const int column = base + part * 256;
      if (column >= args.dim) break;
      Eight values[kFewTokens];
#pragma unroll
      for (int t = 0; t < kFewTokens; ++t) values[t] = x[part][t].values();
#pragma unroll
      for (int e = 0; e < kFewExperts; ++e) {
        const Eight w =
            loadEight(static_cast<const W *>(args.gate) +
                      static_cast<std::int64_t>(min(e, args.experts - 1)) * args.dim + column);
#pragma unroll
        for (int t = 0; t < kFewTokens; ++t)
#pragma unroll
          for (int i = 0; i < 8; ++i) sums[t * kFewExperts + e] += values[t].x[i] * w.x[i];
      }
    }
  }
  spreadSums<16>(sums);
  return sums[0];
}

// The place of this lane's expert, its weight, and the lane's part of the sums.
__device__ __forceinline__ void placeExpert(const GateArguments &args, int token, float logit,
                                            int *counts, float &probabilities, float &squares) {
  const int expert = threadIdx.x % kFewExperts;
  const bool inside = expert < args.experts, isToken = token < args.tokens;
  const std::uint32_t order = inside ? orderOf(logit) : 0;
  std::uint32_t largest = order;
  int place = 0;
#pragma unroll
  for (int distance = kFewExperts / 2; distance > 0; distance /= 2)
    largest = max(largest, __shfl_xor_sync(kAll, largest, distance));
#pragma unroll
  for (int other = 1; other < kFewExperts; ++other) {
    const std::uint32_t its = __shfl_xor_sync(kAll, order, other);
    place += its > order || (its == order && (expert ^ other) < expert);
  }
  const float top = valueOf(largest);
  // Not one number among the logits: no probabilities, equal weights.
  const bool hopeless = top == kMinusInfinity, chosen = inside && place < args.topK;
  const float power = inside && !hopeless ? __expf(valueOf(order) - top) : 0.0f;
  const float total = tokenSum(power);
  const float share = !chosen ? 0.0f : hopeless ? 1.0f : power;
  const float shares = tokenSum(share);
  if (!isToken) return;
  const float lse = hopeless ? kMinusInfinity : top + logf(total);
  if (!hopeless) {
    probabilities += power / total;
    if (expert == 0) squares += lse * lse;
  }
  if (args.logits && inside)
    args.logits[static_cast<std::int64_t>(token) * args.experts + expert] = logit;
  if (args.lse && expert == 0) args.lse[token] = lse;
  if (chosen) {
    const std::int64_t at = static_cast<std::int64_t>(token) * args.topK + place;
    args.ids[at] = expert;
    args.weights[at] = share / shares;
    atomicAdd(counts + expert, 1);
  }
}

// Grid: tiles of 128 tokens times the cluster's blocks, which share the tokens.
template <class X, class W>
__global__ __launch_bounds__(256) void fewGateKernel(const GateArguments args) {
  __shared__ FewSums told[4]; // of the cluster's blocks, in the first one
  __shared__ float warpProbabilities[8][kFewExperts], warpSquares[8];
  __shared__ int counts[kFewExperts];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int size = static_cast<int>(clusterSize()), rank = static_cast<int>(clusterRank());
  clusterArrive(); // the shared memory of the first block is there once all have begun
  const int tile = blockIdx.x / size, perBlock = static_cast<int>(kCountTile) / size;
  if (threadIdx.x < kFewExperts) counts[threadIdx.x] = 0;
  __syncthreads();
  float probabilities = 0, squares = 0;
  for (int local = warp * kFewTokens; local < perBlock; local += 8 * kFewTokens) {
    const int first = tile * static_cast<int>(kCountTile) + rank * perBlock + local;
    if (first >= args.tokens) break;
    placeExpert(args, first + lane / kFewExperts, fewLogit<X, W>(args, first), counts,
                probabilities, squares);
  }
#pragma unroll
  for (int distance = 16; distance >= kFewExperts; distance /= 2)
    probabilities += __shfl_xor_sync(kAll, probabilities, distance);
  squares = warpSum(squares);
  if (lane < kFewExperts) warpProbabilities[warp][lane] = probabilities;
  if (lane == 0) warpSquares[warp] = squares;
  __syncthreads();
  clusterWait();
  FewSums *mine = atRank(told + rank, 0);
  if (threadIdx.x < kFewExperts) {
    float probability = 0, square = 0;
#pragma unroll
    for (int w = 0; w < 8; ++w) {
      probability += warpProbabilities[w][lane];
      square += warpSquares[w];
    }
    mine->counts[lane] = counts[lane];
    mine->probabilities[lane] = probability;
    if (lane == 0) mine->squares = square;
  }
  clusterBarrier();
  if (rank == 0) writeTileSums(args, tile, told, size);
}

} // namespace hotloop::kernels::routing
