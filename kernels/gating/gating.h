#pragma once

#include <cstdint>
#include <span>
#include <string_view>

// Gating of a Mixture-of-Experts: from router logits to the experts of each token, in one pass.
// Plain C++: no LibTorch, no CUDA. README.md tells what each variant teaches.
namespace hotloop::kernels {

struct GatingShape {
  std::int64_t tokens = 0;  // T
  std::int64_t experts = 0; // E >= 1
  std::int64_t topK = 0;    // k, 1..E
};

// Forward. Per token: the k experts with the highest logits (ties to the lowest id, NaN counts as
// -inf), ordered by falling logit; weights = softmax over those k logits (the same number as
// softmax over all, then renormalised); lse = log sum_e exp(logit). A token without any number gets
// experts 0..k-1 with equal weights and lse = -inf. Logits must not be +inf.
// All arrays are row-major, owned by the caller, and do not overlap.
template <class T> struct GatingForward {
  GatingShape shape;
  const T *logits = nullptr;   // [T, E]
  T *weights = nullptr;        // [T, k]
  std::int64_t *ids = nullptr; // [T, k]
  T *lse = nullptr;            // [T]
};

// Sums over the tokens of one call, added to what is there: what the two router losses need.
template <class T> struct GatingSums {
  T *probabilities = nullptr;     // [E], sum of softmax over all experts
  std::int64_t *counts = nullptr; // [E], tokens that chose the expert
  T *squaredLse = nullptr;        // [1]
};

// Backward of weights and of both losses, from the saved logits and lse:
//   d logit_e = [e selected, slot j] w_j (dw_j - <w, dw>)
//             + p_e (g_e - <p, g>) + z lse p_e,   p_e = exp(logit_e - lse)
// g_e: gradient of the balance loss towards p_te (the same for every token); z: 2 beta / T times
// the gradient of the loss.
template <class T> struct GatingBackward {
  GatingShape shape;
  const T *logits = nullptr;         // [T, E]
  const T *lse = nullptr;            // [T]
  const T *weights = nullptr;        // [T, k]
  const std::int64_t *ids = nullptr; // [T, k]
  const T *dWeights = nullptr;       // [T, k]
  const T *balance = nullptr;        // [E], g
  T z = 0;
  T *dLogits = nullptr; // [T, E], written
};

// The reference, in the precision of T (double in tests): every formula spelled out, no shortcuts.
// Tokens [begin, end) only, as in all variants; disjoint ranges may run on different threads with
// sums of their own.
template <class T>
void gatingForwardReference(const GatingForward<T> &, const GatingSums<T> &, std::int64_t begin,
                            std::int64_t end);
template <class T>
void gatingBackwardReference(const GatingBackward<T> &, std::int64_t begin, std::int64_t end);

// One implementation for float on the CPU.
struct GatingVariant {
  std::string_view name;
  std::string_view idea;
  void (*forward)(const GatingForward<float> &, const GatingSums<float> &, std::int64_t begin,
                  std::int64_t end);
  void (*backward)(const GatingBackward<float> &, std::int64_t begin, std::int64_t end);
};

// From plain to fast; the last one is what the reference MoE runs.
std::span<const GatingVariant> gatingVariants();

// Bytes that must move at least once (read logits, write weights, ids, lse; backward likewise), and
// floating-point operations (an exp counted as 10): the floor beside measured times.
struct GatingCost {
  double bytes = 0;
  double flops = 0;
};
GatingCost gatingForwardCost(const GatingShape &shape);
GatingCost gatingBackwardCost(const GatingShape &shape);

} // namespace hotloop::kernels
