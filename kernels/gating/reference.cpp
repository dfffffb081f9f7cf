#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "kernels/gating/gating.h"

namespace hotloop::kernels {
namespace {

template <class T> T number(T logit) {
  return std::isnan(logit) ? -std::numeric_limits<T>::infinity() : logit;
}

template <class T> T probability(T logit, T lse) {
  return std::isinf(lse) ? T(0) : std::exp(number(logit) - lse);
}

} // namespace

template <class T>
void gatingForwardReference(const GatingForward<T> &args, const GatingSums<T> &sums,
                            std::int64_t begin, std::int64_t end) {
  const auto [tokens, experts, topK] = args.shape;
  std::vector<std::int64_t> order(static_cast<std::size_t>(experts));
  for (std::int64_t t = begin; t < end; ++t) {
    const T *logits = args.logits + t * experts;
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
      return number(logits[a]) > number(logits[b]);
    });
    const T top = number(logits[order[0]]);
    const bool empty = std::isinf(top);
    T sum = 0, selected = 0;
    for (std::int64_t e = 0; e < experts; ++e)
      sum += empty ? T(0) : std::exp(number(logits[e]) - top);
    for (std::int64_t j = 0; j < topK; ++j) {
      const std::int64_t id = order[static_cast<std::size_t>(j)];
      const T weight = empty ? T(1) : std::exp(number(logits[id]) - top);
      args.ids[t * topK + j] = id;
      args.weights[t * topK + j] = weight;
      selected += weight;
      ++sums.counts[id];
    }
    for (std::int64_t j = 0; j < topK; ++j) args.weights[t * topK + j] /= selected;
    const T lse = empty ? top : top + std::log(sum);
    args.lse[t] = lse;
    if (empty) continue;
    for (std::int64_t e = 0; e < experts; ++e) sums.probabilities[e] += probability(logits[e], lse);
    *sums.squaredLse += lse * lse;
  }
}

template <class T>
void gatingBackwardReference(const GatingBackward<T> &args, std::int64_t begin, std::int64_t end) {
  const auto [tokens, experts, topK] = args.shape;
  for (std::int64_t t = begin; t < end; ++t) {
    const T *logits = args.logits + t * experts;
    T *d = args.dLogits + t * experts;
    const T lse = args.lse[t];
    T mean = 0;
    for (std::int64_t e = 0; e < experts; ++e)
      mean += probability(logits[e], lse) * args.balance[e];
    for (std::int64_t e = 0; e < experts; ++e) {
      const T p = probability(logits[e], lse);
      d[e] = std::isinf(lse) ? T(0) : p * (args.balance[e] - mean) + args.z * lse * p;
    }
    T dot = 0;
    for (std::int64_t j = 0; j < topK; ++j)
      dot += args.weights[t * topK + j] * args.dWeights[t * topK + j];
    for (std::int64_t j = 0; j < topK; ++j)
      d[args.ids[t * topK + j]] += args.weights[t * topK + j] * (args.dWeights[t * topK + j] - dot);
  }
}

template void gatingForwardReference(const GatingForward<float> &, const GatingSums<float> &,
                                     std::int64_t, std::int64_t);
template void gatingForwardReference(const GatingForward<double> &, const GatingSums<double> &,
                                     std::int64_t, std::int64_t);
template void gatingBackwardReference(const GatingBackward<float> &, std::int64_t, std::int64_t);
template void gatingBackwardReference(const GatingBackward<double> &, std::int64_t, std::int64_t);

} // namespace hotloop::kernels
