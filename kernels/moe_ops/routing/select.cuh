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

struct Selection {
  std::int32_t *ids; // of the token, k
  float *weights;
  float *logits; // of the token, E; optional
  float *lse;    // of the token; optional
};

// kPerLane * 32 >= experts. `sums` += softmax, per lane; `squares` += lse^2. Counts go to
// countOf[expert] in shared memory (integers: their order does not matter).
template <int kPerLane>
__device__ __forceinline__ void selectExperts(const float *row, int experts, int topK,
                                              const Selection &to, int *countOf,
                                              float (&sums)[kPerLane], float &squares) {
  const int lane = threadIdx.x % 32;
  std::uint32_t order[kPerLane];
  float value[kPerLane];
  std::uint32_t best = 0;
#pragma unroll
  for (int i = 0; i < kPerLane; ++i) {
    const int e = lane + 32 * i;
    order[i] = e < experts ? orderOf(row[e]) : 0;
    value[i] = e < experts ? valueOf(order[i]) : kMinusInfinity;
    if (to.logits && e < experts) to.logits[e] = row[e];
    best = max(best, order[i]);
  }
  const float top = valueOf(__reduce_max_sync(kAll, best));
  const bool hopeless = top == kMinusInfinity; // not one number
  float total = 0;
#pragma unroll
  for (int i = 0; i < kPerLane; ++i) {
    value[i] = hopeless ? 0.0f : __expf(value[i] - top);
    total += value[i];
  }
  total = warpSum(total);
  const float lse = hopeless ? kMinusInfinity : top + logf(total);
  if (!hopeless) {
    const float scale = 1.0f / total;
#pragma unroll
    for (int i = 0; i < kPerLane; ++i) sums[i] += value[i] * scale;
    squares += lse * lse;
  }
  if (to.lse && lane == 0) *to.lse = lse;

  std::uint32_t mine = 0; // lane j keeps the j-th
  int id = 0;
  for (int j = 0; j < topK; ++j) {
    best = 0;
#pragma unroll
    for (int i = 0; i < kPerLane; ++i) best = max(best, order[i]);
    const std::uint32_t winner = __reduce_max_sync(kAll, best);
    std::uint32_t candidate = 0xffffffffu;
#pragma unroll
    for (int i = kPerLane - 1; i >= 0; --i)
      if (order[i] == winner) candidate = static_cast<std::uint32_t>(lane + 32 * i);
    const std::uint32_t taken = __reduce_min_sync(kAll, candidate);
#pragma unroll
    for (int i = 0; i < kPerLane; ++i)
      if (static_cast<std::uint32_t>(lane + 32 * i) == taken) order[i] = 0;
    if (lane == j) {
      mine = winner;
      id = static_cast<int>(taken);
    }
  }
  const bool chosen = lane < topK;
  const float power = !chosen ? 0.0f : hopeless ? 1.0f : __expf(valueOf(mine) - top);
  const float powers = warpSum(power);
  if (chosen) {
    to.ids[lane] = id;
    to.weights[lane] = power / powers;
    atomicAdd(countOf + id, 1);
  }
}

} // namespace hotloop::kernels::routing
