#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/gating/variants.h"

// What a chain of stock operators does, token by token: softmax written out to memory, one scan per
// selected expert, a division at the end.
namespace hotloop::kernels::gating {
namespace {

constexpr float kLowest = -std::numeric_limits<float>::infinity();

float number(float logit) { return std::isnan(logit) ? kLowest : logit; }

} // namespace

void forwardPlain(const Forward &args, const Sums &sums, std::int64_t begin, std::int64_t end) {
  const auto [tokens, experts, topK] = args.shape;
  std::vector<float> probabilities(static_cast<std::size_t>(experts));
  std::vector<char> taken(static_cast<std::size_t>(experts));
  for (std::int64_t t = begin; t < end; ++t) {
    const float *logits = args.logits + t * experts;
    float top = kLowest;
    for (std::int64_t e = 0; e < experts; ++e) top = std::max(top, number(logits[e]));
    const bool empty = top == kLowest;
    float sum = 0;
    for (std::size_t e = 0; e < probabilities.size(); ++e) {
      probabilities[e] = empty ? 0 : std::exp(number(logits[e]) - top);
      sum += probabilities[e];
    }
    for (std::size_t e = 0; e < probabilities.size(); ++e) {
      probabilities[e] = empty ? 0 : probabilities[e] / sum;
      sums.probabilities[e] += probabilities[e];
      taken[e] = 0;
    }
    float selected = 0;
    for (std::int64_t j = 0; j < topK; ++j) {
      std::int64_t best = -1;
      for (std::int64_t e = 0; e < experts; ++e) {
        if (taken[static_cast<std::size_t>(e)]) continue;
        if (best < 0 || number(logits[e]) > number(logits[best])) best = e;
      }
      taken[static_cast<std::size_t>(best)] = 1;
      const float weight = empty ? 1 : std::exp(number(logits[best]) - top);
      args.ids[t * topK + j] = best;
      args.weights[t * topK + j] = weight;
      selected += weight;
      ++sums.counts[best];
    }
    for (std::int64_t j = 0; j < topK; ++j) args.weights[t * topK + j] /= selected;
    args.lse[t] = empty ? kLowest : top + std::log(sum);
    if (!empty) *sums.squaredLse += args.lse[t] * args.lse[t];
  }
}

void backwardPlain(const Backward &args, std::int64_t begin, std::int64_t end) {
  gatingBackwardReference<float>(args, begin, end);
}

} // namespace hotloop::kernels::gating
