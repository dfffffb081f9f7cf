#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/gating/variants.h"

namespace hotloop::kernels::gating {
namespace {

constexpr float kLowest = -std::numeric_limits<float>::infinity();

} // namespace

// One scan keeps the k best so far in order: most logits fail the first comparison, so selection
// costs one comparison per logit instead of k. Each exp is computed once and serves the sum, the
// weights and the balance loss.
void forwardOnePass(const Forward &args, const Sums &sums, std::int64_t begin, std::int64_t end) {
  const auto [tokens, experts, topK] = args.shape;
  std::vector<float> best(static_cast<std::size_t>(topK));
  std::vector<float> row(static_cast<std::size_t>(experts));
  for (std::int64_t t = begin; t < end; ++t) {
    const float *logits = args.logits + t * experts;
    std::int64_t *ids = args.ids + t * topK;
    float *weights = args.weights + t * topK;
    std::int64_t held = 0;
    for (std::int64_t e = 0; e < experts; ++e) {
      const float logit = std::isnan(logits[e]) ? kLowest : logits[e];
      if (held == topK && !(logit > best[static_cast<std::size_t>(topK - 1)])) continue;
      std::int64_t j = held < topK ? held++ : topK - 1;
      for (; j > 0 && logit > best[static_cast<std::size_t>(j - 1)]; --j) {
        best[static_cast<std::size_t>(j)] = best[static_cast<std::size_t>(j - 1)];
        ids[j] = ids[j - 1];
      }
      best[static_cast<std::size_t>(j)] = logit;
      ids[j] = e;
    }
    const float top = best[0];
    const bool empty = top == kLowest;
    float sum = 0;
    for (std::size_t e = 0; e < row.size(); ++e) {
      row[e] = empty || std::isnan(logits[e]) ? 0 : std::exp(logits[e] - top);
      sum += row[e];
    }
    float selected = 0;
    for (std::int64_t j = 0; j < topK; ++j) {
      weights[j] = empty ? 1 : row[static_cast<std::size_t>(ids[j])];
      selected += weights[j];
      ++sums.counts[ids[j]];
    }
    for (std::int64_t j = 0; j < topK; ++j) weights[j] /= selected;
    args.lse[t] = kLowest;
    if (empty) continue;
    const float scale = 1 / sum;
    for (std::size_t e = 0; e < row.size(); ++e) sums.probabilities[e] += row[e] * scale;
    const float lse = top + std::log(sum);
    args.lse[t] = lse;
    *sums.squaredLse += lse * lse;
  }
}

void backwardOnePass(const Backward &args, std::int64_t begin, std::int64_t end) {
  const auto [tokens, experts, topK] = args.shape;
  for (std::int64_t t = begin; t < end; ++t) {
    const float *logits = args.logits + t * experts;
    float *d = args.dLogits + t * experts;
    const float lse = args.lse[t];
    if (lse == kLowest) {
      std::fill(d, d + experts, 0.0f);
    } else {
      // p is parked in d, so that each exp is computed once.
      float mean = 0;
      for (std::int64_t e = 0; e < experts; ++e) {
        d[e] = std::isnan(logits[e]) ? 0 : std::exp(logits[e] - lse);
        mean += d[e] * args.balance[e];
      }
      const float shift = args.z * lse - mean;
      for (std::int64_t e = 0; e < experts; ++e) d[e] *= args.balance[e] + shift;
    }
    const float *w = args.weights + t * topK, *dw = args.dWeights + t * topK;
    float dot = 0;
    for (std::int64_t j = 0; j < topK; ++j) dot += w[j] * dw[j];
    for (std::int64_t j = 0; j < topK; ++j) d[args.ids[t * topK + j]] += w[j] * (dw[j] - dot);
  }
}

} // namespace hotloop::kernels::gating
