#pragma once

#include <cstdint>

#include <cuda_runtime.h>

// From the logits of a token to its experts, by one warp; and the sums over the tokens of a tile.
namespace hotloop::kernels::routing {

inline constexpr unsigned kAll = 0xffffffff;
inline constexpr float kMinusInfinity = -__builtin_huge_valf();

// Rising with x; NaN like -inf, -0 like 0.
__device__ __forceinline__ std::uint32_t orderOf(float x) {
  x = x != x ? kMinusInfinity : x + 0.0f;
  const std::uint32_t bits = __float_as_uint(x);
  return bits >> 31 ? ~bits : bits | 0x80000000u;
}
__device__ __forceinline__ float valueOf(std::uint32_t order) {
  return __uint_as_float(order >> 31 ? order & 0x7fffffffu : ~order);
}
__device__ __forceinline__ float warpSum(float x) {
#pragma unroll
  for (int step = 16; step > 0; step /= 2) x += __shfl_xor_sync(kAll, x, step);
  return x;
}

struct GateArguments {
  const void *x, *gate;
  int tokens, dim, experts, topK;
  std::int32_t *ids;
  float *weights, *logits, *lse;
  std::int32_t *tileCounts;
  float *tileProbabilities, *tileSquaredLse;
};

// The sums over a tile of tokens from what `size` blocks told: GateSums or FewSums.
template <class Sums>
__device__ __forceinline__ void writeTileSums(const GateArguments &args, int tile, const Sums *told,
                                              int size) {
  const int expert = static_cast<int>(threadIdx.x);
  if (expert >= args.experts) return;
  int count = 0;
  float probability = 0, squares = 0;
  for (int r = 0; r < size; ++r) {
    count += told[r].counts[expert];
    probability += told[r].probabilities[expert];
    squares += told[r].squares;
  }
  const std::int64_t at = static_cast<std::int64_t>(tile) * args.experts + expert;
  args.tileCounts[at] = count;
  if (args.tileProbabilities) args.tileProbabilities[at] = probability;
  if (args.tileSquaredLse && expert == 0) args.tileSquaredLse[tile] = squares;
}

// Tokens first, first + step, .. (`count` of at most kTokens) by one warp, side by side: every step
// waits for the one before, so several tokens cost little more than one. Their logits stand at
// rows, rows + pitch, .. kPerLane * 32 >= experts. `sums` += softmax, per lane; `squares` += lse^2.
// Counts go to countOf[expert] in shared memory (integers: their order does not matter).
template <int kPerLane, int kTokens>
__device__ __forceinline__ void
selectExperts(const GateArguments &args, const float *rows, int pitch, int first, int step,
              int count, int *countOf, float (&sums)[kPerLane], float &squares) {
  const int lane = threadIdx.x % 32, experts = args.experts;
  std::uint32_t order[kTokens][kPerLane], best[kTokens];
  float top[kTokens], total[kTokens];
#pragma unroll
  for (int t = 0; t < kTokens; ++t) {
    best[t] = 0;
#pragma unroll
    for (int i = 0; i < kPerLane; ++i) {
      const int e = lane + 32 * i;
      const bool inside = t < count && e < experts;
      const float logit = inside ? rows[t * pitch + e] : kMinusInfinity;
      order[t][i] = inside ? orderOf(logit) : 0;
      if (args.logits && inside)
        args.logits[static_cast<std::int64_t>(first + t * step) * experts + e] = logit;
      best[t] = max(best[t], order[t][i]);
    }
  }
#pragma unroll
  for (int t = 0; t < kTokens; ++t) top[t] = valueOf(__reduce_max_sync(kAll, best[t]));
  float value[kTokens][kPerLane];
#pragma unroll
  for (int t = 0; t < kTokens; ++t) {
    total[t] = 0;
#pragma unroll
    for (int i = 0; i < kPerLane; ++i) {
      const float logit = lane + 32 * i < experts ? valueOf(order[t][i]) : kMinusInfinity;
      // Not one number among the logits: no probabilities.
      value[t][i] = top[t] == kMinusInfinity ? 0.0f : __expf(logit - top[t]);
      total[t] += value[t][i];
    }
  }
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2)
#pragma unroll
    for (int t = 0; t < kTokens; ++t) total[t] += __shfl_xor_sync(kAll, total[t], distance);
#pragma unroll
  for (int t = 0; t < kTokens; ++t) {
    const bool hopeless = top[t] == kMinusInfinity;
    const float lse = hopeless ? kMinusInfinity : top[t] + logf(total[t]);
    if (t < count && !hopeless) {
      const float scale = 1.0f / total[t];
#pragma unroll
      for (int i = 0; i < kPerLane; ++i) sums[i] += value[t][i] * scale;
      squares += lse * lse;
    }
    if (args.lse && lane == 0 && t < count) args.lse[first + t * step] = lse;
  }

  std::uint32_t mine[kTokens] = {}; // lane j keeps the j-th
  int id[kTokens] = {};
  for (int j = 0; j < args.topK; ++j) {
    std::uint32_t winner[kTokens], taken[kTokens];
#pragma unroll
    for (int t = 0; t < kTokens; ++t) {
      best[t] = 0;
#pragma unroll
      for (int i = 0; i < kPerLane; ++i) best[t] = max(best[t], order[t][i]);
    }
#pragma unroll
    for (int t = 0; t < kTokens; ++t) winner[t] = __reduce_max_sync(kAll, best[t]);
#pragma unroll
    for (int t = 0; t < kTokens; ++t) {
      std::uint32_t candidate = 0xffffffffu;
#pragma unroll
      for (int i = kPerLane - 1; i >= 0; --i)
        if (order[t][i] == winner[t]) candidate = static_cast<std::uint32_t>(lane + 32 * i);
      taken[t] = candidate;
    }
#pragma unroll
    for (int t = 0; t < kTokens; ++t) taken[t] = __reduce_min_sync(kAll, taken[t]);
#pragma unroll
    for (int t = 0; t < kTokens; ++t) {
#pragma unroll
      for (int i = 0; i < kPerLane; ++i)
        if (static_cast<std::uint32_t>(lane + 32 * i) == taken[t]) order[t][i] = 0;
      if (lane == j) {
        mine[t] = winner[t];
        id[t] = static_cast<int>(taken[t]);
      }
    }
  }
  const bool chosen = lane < args.topK;
  float power[kTokens], powers[kTokens];
#pragma unroll
  for (int t = 0; t < kTokens; ++t)
    powers[t] = power[t] = !chosen                    ? 0.0f
                           : top[t] == kMinusInfinity ? 1.0f
                                                      : __expf(valueOf(mine[t]) - top[t]);
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2)
#pragma unroll
    for (int t = 0; t < kTokens; ++t) powers[t] += __shfl_xor_sync(kAll, powers[t], distance);
#pragma unroll
  for (int t = 0; t < kTokens; ++t)
    if (chosen && t < count) {
      const std::int64_t at = static_cast<std::int64_t>(first + t * step) * args.topK + lane;
      args.ids[at] = id[t];
      args.weights[at] = power[t] / powers[t];
      atomicAdd(countOf + id[t], 1);
    }
}

} // namespace hotloop::kernels::routing
