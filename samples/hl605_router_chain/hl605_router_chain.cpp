#include <algorithm>
#include <cmath>

#include "samples/sample.h"
#include "samples/tensors.h"

namespace hotloop::samples {
namespace {

constexpr std::int64_t kTokens = 256;
constexpr std::int64_t kExperts = 16;
constexpr std::int64_t kTopK = 2;

struct Problem {
  at::Tensor tokens = values({kTokens, 64}, 91);
  at::Tensor router = values({64, kExperts}, 92);
  at::Tensor logits(int step) const { return at::mm(tokens, router).mul_(0.001 * (step + 1)); }
};

// What the layers after the router need.
struct Gating {
  at::Tensor weights; // [tokens, top-k], rows sum to 1
  at::Tensor loss;    // load balance: experts * sum of (share of tokens) * (mean probability)
};

HOTLOOP_SAMPLE_SITE Gating routeInSmallSteps(const at::Tensor &logits) {
  const at::Tensor probabilities = at::softmax(logits, -1);
  const auto [chosen, experts] = probabilities.topk(kTopK, -1);
  const at::Tensor weights = at::div(chosen, chosen.sum(-1, true));
  const at::Tensor oneHot = at::zeros_like(probabilities).scatter_(1, experts, 1.0);
  const at::Tensor share = oneHot.sum(0).div_(static_cast<double>(kTokens * kTopK));
  const at::Tensor loss = share.mul(probabilities.mean(0)).sum().mul_(kExperts);
  return {weights, loss};
}

double chain(const StepLoop &loop) {
  const Problem problem;
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int step) {
    const Gating gating = routeInSmallSteps(problem.logits(step));
    total.add_(gating.weights.square().sum()).add_(gating.loss);
  });
  return total.item<double>();
}

// The chain in one pass over the rows, as a fused kernel does it.
void routeRow(const float *logits, float *weights, std::array<double, kExperts> &counts,
              std::array<double, kExperts> &sums) {
  std::array<float, kExperts> row;
  const float largest = *std::max_element(logits, logits + kExperts);
  float denominator = 0;
  for (std::int64_t e = 0; e < kExperts; ++e) denominator += row[e] = std::exp(logits[e] - largest);
  for (std::int64_t e = 0; e < kExperts; ++e) sums[e] += row[e] /= denominator;
  const auto first = std::max_element(row.begin(), row.end()) - row.begin();
  const float best = row[first];
  row[first] = -1;
  const auto second = std::max_element(row.begin(), row.end()) - row.begin();
  weights[0] = best / (best + row[second]);
  weights[1] = row[second] / (best + row[second]);
  ++counts[first];
  ++counts[second];
}

void routeFused(const at::Tensor &logits, Gating &gating) {
  std::array<double, kExperts> counts{};
  std::array<double, kExperts> sums{};
  const float *rows = logits.const_data_ptr<float>();
  auto *weights = gating.weights.mutable_data_ptr<float>();
  for (std::int64_t t = 0; t < kTokens; ++t)
    routeRow(rows + t * kExperts, weights + t * kTopK, counts, sums);
  double loss = 0;
  for (std::int64_t e = 0; e < kExperts; ++e)
    loss += counts[e] / (kTokens * kTopK) * (sums[e] / kTokens);
  *gating.loss.mutable_data_ptr<float>() = static_cast<float>(loss * kExperts);
}

double fusedKernel(const StepLoop &loop) {
  const Problem problem;
  at::Tensor total = at::zeros({}, at::kDouble);
  Gating gating{at::empty({kTokens, kTopK}), at::empty({})};
  loop.run([&](int step) {
    routeFused(problem.logits(step), gating);
    total.add_(gating.weights.square().sum()).add_(gating.loss);
  });
  return total.item<double>();
}

// A classifier that reports how sure it is: softmax and top-k, but no routing behind them.
double classifier(const StepLoop &loop) {
  const Problem problem;
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int step) {
    const at::Tensor probabilities = at::softmax(problem.logits(step), -1);
    total.add_(std::get<0>(probabilities.topk(kTopK, -1)).sum());
  });
  return total.item<double>();
}

double classifierReference(const StepLoop &loop) {
  const Problem problem;
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int step) {
    const at::Tensor sorted = std::get<0>(at::softmax(problem.logits(step), -1).sort(-1, true));
    total.add_(sorted.narrow(1, 0, kTopK).sum());
  });
  return total.item<double>();
}

} // namespace

Sample hl605RouterChain() {
  return {"hl605_router_chain",
          "softmax, top-k, renormalise and the balance loss as small operators",
          chain,
          fusedKernel,
          classifier,
          classifierReference};
}

} // namespace hotloop::samples
