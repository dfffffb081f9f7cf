#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "kernels/gating/variants.h"

// Sixteen tokens side by side in the lanes of a vector, experts one after the other. Nothing is
// reduced across lanes and nothing branches on a value, so the compiler's plain vector code is
// enough: compiled once per instruction set, chosen when called.
namespace hotloop::kernels::gating {
namespace {

constexpr int kLanes = 16;
constexpr float kLowest = -std::numeric_limits<float>::infinity();

typedef float Floats __attribute__((vector_size(kLanes * sizeof(float))));
typedef std::int32_t Ints __attribute__((vector_size(kLanes * sizeof(std::int32_t))));

#define HOTLOOP_INLINE __attribute__((always_inline)) inline

// exp for x <= 0 (0 below -87): 2^n times a polynomial of the rest, error below 2 units in the last
// place. Vectors go by reference: by value their calling convention differs between instruction sets.
HOTLOOP_INLINE void expNegative(const Floats &input, Floats &result) {
  const Ints tiny = input < -87.0f;
  const Floats x = tiny ? Floats{} - 87.0f : input;
  const Ints n = __builtin_convertvector(x * 1.44269504f - 0.5f, Ints);
  const Floats whole = __builtin_convertvector(n, Floats);
  const Floats r = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
  Floats p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const Ints scaled = (Ints)p + (n << 23);
  result = tiny ? Floats{} : (Floats)scaled;
}

struct Scratch {
  std::vector<float> memory;
  std::vector<std::int32_t> ids;
  explicit Scratch(std::int64_t floats, std::int64_t integers = 0)
      : memory(static_cast<std::size_t>(floats * kLanes)),
        ids(static_cast<std::size_t>(integers * kLanes)) {}
};

HOTLOOP_INLINE void load(Floats &v, const float *from) { __builtin_memcpy(&v, from, sizeof v); }
HOTLOOP_INLINE void store(float *to, const Floats &v) { __builtin_memcpy(to, &v, sizeof v); }
HOTLOOP_INLINE void load(Ints &v, const std::int32_t *from) {
  __builtin_memcpy(&v, from, sizeof v);
}
HOTLOOP_INLINE void store(std::int32_t *to, const Ints &v) { __builtin_memcpy(to, &v, sizeof v); }

// columns[e][lane] = logits of token `first + lane`; NaN becomes -inf; missing tokens are all zero.
HOTLOOP_INLINE void transposeIn(const float *rows, std::int64_t experts, std::int64_t first,
                                std::int64_t count, float *columns) {
  for (std::int64_t e = 0; e < experts; ++e)
    for (std::int64_t lane = 0; lane < kLanes; ++lane)
      columns[e * kLanes + lane] = lane < count ? rows[(first + lane) * experts + e] : 0.0f;
  for (std::int64_t e = 0; e < experts; ++e) {
    Floats v;
    load(v, columns + e * kLanes);
    v = v == v ? v : Floats{} + kLowest;
    store(columns + e * kLanes, v);
  }
}

// Keeps best[0..k) sorted in every lane at once: a compare and two exchanges per (expert, slot).
HOTLOOP_INLINE void selectTop(const float *columns, std::int64_t experts, std::int64_t topK,
                              float *best, std::int32_t *ids) {
  for (std::int64_t j = 0; j < topK; ++j) {
    store(best + j * kLanes, Floats{} + kLowest);
    store(ids + j * kLanes, Ints{} - 1);
  }
  for (std::int64_t e = 0; e < experts; ++e) {
    Floats value;
    load(value, columns + e * kLanes);
    Ints id = Ints{} + static_cast<std::int32_t>(e);
    for (std::int64_t j = 0; j < topK; ++j) {
      Floats held;
      Ints heldId;
      load(held, best + j * kLanes);
      load(heldId, ids + j * kLanes);
      // An empty slot (-1) is taken even by -inf. A value pushed down beats an equal one below it,
      // because its id is lower.
      const Ints tie = (value == held) & (id < heldId);
      const Ints wins = (value > held) | (((heldId < 0) | tie) & (id >= 0));
      store(best + j * kLanes, wins ? value : held);
      store(ids + j * kLanes, wins ? id : heldId);
      value = wins ? held : value;
      id = wins ? heldId : id;
    }
  }
}

HOTLOOP_INLINE void forwardBody(const Forward &args, const Sums &sums, std::int64_t begin,
                                std::int64_t end) {
  const std::int64_t experts = args.shape.experts, topK = args.shape.topK;
  Scratch scratch(2 * experts + topK, topK);
  float *columns = scratch.memory.data();
  float *probabilitySums = columns + experts * kLanes;
  float *best = probabilitySums + experts * kLanes;
  std::int32_t *ids = scratch.ids.data();
  for (std::int64_t first = begin; first < end; first += kLanes) {
    const std::int64_t count = std::min<std::int64_t>(kLanes, end - first);
    transposeIn(args.logits, experts, first, count, columns);
    selectTop(columns, experts, topK, best, ids);
    Floats top, sum{}, selected{};
    load(top, best);
    const Ints empty = top == kLowest;
    const Floats base = empty ? Floats{} : top;
    for (std::int64_t e = 0; e < experts; ++e) {
      Floats p;
      load(p, columns + e * kLanes);
      expNegative(p - base, p);
      sum += p;
      store(columns + e * kLanes, p);
    }
    for (std::int64_t j = 0; j < topK; ++j) {
      Floats w;
      load(w, best + j * kLanes);
      expNegative(w - base, w);
      w = empty ? Floats{} + 1.0f : w;
      selected += w;
      store(best + j * kLanes, w);
    }
    float lane[3][kLanes];
    store(lane[0], sum);
    store(lane[1], selected);
    store(lane[2], top);
    Floats live;
    for (std::int64_t l = 0; l < kLanes; ++l)
      live[l] = l < count && lane[2][l] != kLowest ? 1.0f / lane[0][l] : 0.0f;
    for (std::int64_t e = 0; e < experts; ++e) {
      Floats p, total;
      load(p, columns + e * kLanes);
      load(total, probabilitySums + e * kLanes);
      store(probabilitySums + e * kLanes, total + p * live);
    }
    for (std::int64_t l = 0; l < count; ++l) {
      const std::int64_t t = first + l;
      for (std::int64_t j = 0; j < topK; ++j) {
        const std::int32_t id = ids[j * kLanes + l];
        args.weights[t * topK + j] = best[j * kLanes + l] / lane[1][l];
        args.ids[t * topK + j] = id;
        ++sums.counts[id];
      }
      const bool none = lane[2][l] == kLowest;
      args.lse[t] = none ? kLowest : lane[2][l] + std::log(lane[0][l]);
      if (!none) *sums.squaredLse += args.lse[t] * args.lse[t];
    }
  }
  for (std::int64_t e = 0; e < experts; ++e)
    for (std::int64_t l = 0; l < kLanes; ++l)
      sums.probabilities[e] += probabilitySums[e * kLanes + l];
}

HOTLOOP_INLINE void backwardBody(const Backward &args, std::int64_t begin, std::int64_t end) {
  const std::int64_t experts = args.shape.experts, topK = args.shape.topK;
  Scratch scratch(experts);
  float *columns = scratch.memory.data();
  for (std::int64_t first = begin; first < end; first += kLanes) {
    const std::int64_t count = std::min<std::int64_t>(kLanes, end - first);
    transposeIn(args.logits, experts, first, count, columns);
    Floats lse{};
    for (std::int64_t l = 0; l < count; ++l)
      lse[l] = args.lse[first + l];
    const Ints empty = lse == kLowest;
    lse = empty ? Floats{} : lse;
    Floats mean{};
    for (std::int64_t e = 0; e < experts; ++e) {
      Floats p;
      load(p, columns + e * kLanes);
      expNegative(p - lse, p);
      mean += p * args.balance[e];
      store(columns + e * kLanes, p);
    }
    const Floats shift = args.z * lse - mean;
    for (std::int64_t e = 0; e < experts; ++e) {
      Floats p;
      load(p, columns + e * kLanes);
      p = p * (args.balance[e] + shift);
      store(columns + e * kLanes, empty ? Floats{} : p);
    }
    for (std::int64_t l = 0; l < count; ++l) {
      const std::int64_t t = first + l;
      float *d = args.dLogits + t * experts;
      for (std::int64_t e = 0; e < experts; ++e)
        d[e] = columns[e * kLanes + l];
      const float *w = args.weights + t * topK, *dw = args.dWeights + t * topK;
      float dot = 0;
      for (std::int64_t j = 0; j < topK; ++j)
        dot += w[j] * dw[j];
      for (std::int64_t j = 0; j < topK; ++j)
        d[args.ids[t * topK + j]] += w[j] * (dw[j] - dot);
    }
  }
}

#ifdef __x86_64__
#define HOTLOOP_TARGET(isa) __attribute__((target(isa)))

HOTLOOP_TARGET("avx512f,avx512dq,avx512bw,avx512vl,fma")
void forwardAvx512(const Forward &a, const Sums &s, std::int64_t begin, std::int64_t end) {
  forwardBody(a, s, begin, end);
}
HOTLOOP_TARGET("avx512f,avx512dq,avx512bw,avx512vl,fma")
void backwardAvx512(const Backward &a, std::int64_t begin, std::int64_t end) {
  backwardBody(a, begin, end);
}
HOTLOOP_TARGET("avx2,fma")
void forwardAvx2(const Forward &a, const Sums &s, std::int64_t begin, std::int64_t end) {
  forwardBody(a, s, begin, end);
}
HOTLOOP_TARGET("avx2,fma")
void backwardAvx2(const Backward &a, std::int64_t begin, std::int64_t end) {
  backwardBody(a, begin, end);
}

bool hasAvx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("fma");
}
bool hasAvx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#endif

} // namespace

void forwardLanes(const Forward &args, const Sums &sums, std::int64_t begin, std::int64_t end) {
#ifdef __x86_64__
  if (hasAvx512()) return forwardAvx512(args, sums, begin, end);
  if (hasAvx2()) return forwardAvx2(args, sums, begin, end);
#endif
  forwardBody(args, sums, begin, end);
}

void backwardLanes(const Backward &args, std::int64_t begin, std::int64_t end) {
#ifdef __x86_64__
  if (hasAvx512()) return backwardAvx512(args, begin, end);
  if (hasAvx2()) return backwardAvx2(args, begin, end);
#endif
  backwardBody(args, begin, end);
}

} // namespace hotloop::kernels::gating
