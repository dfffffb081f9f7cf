#include "samples/sample.h"
#include "samples/tensors.h"

namespace hotloop::samples {
namespace {

constexpr std::int64_t kTopK = 2;

// Each token goes to the experts whose score is among its two best. The first form finds them with
// a threshold and nonzero, as if their number were not known.
struct Problem {
  at::Tensor tokens = values({256, 64}, 31);
  at::Tensor router = values({64, 8}, 32);
  at::Tensor experts = values({8, 64}, 33);
  at::Tensor scores(int step) const { return at::mm(tokens, router).mul_(0.01 * (step + 1)); }
};

HOTLOOP_SAMPLE_SITE at::Tensor routeByThreshold(const Problem &problem, int step) {
  const at::Tensor scores = problem.scores(step);
  const at::Tensor second = std::get<0>(scores.topk(kTopK, -1)).select(1, kTopK - 1).unsqueeze(1);
  const at::Tensor pairs = at::nonzero(scores.ge(second));
  const at::Tensor token = pairs.select(1, 0);
  const at::Tensor expert = pairs.select(1, 1);
  const at::Tensor mixed =
      at::index_select(problem.tokens, 0, token).mul_(at::index_select(problem.experts, 0, expert));
  return at::zeros_like(problem.tokens).index_add_(0, token, mixed);
}

double threshold(const StepLoop &loop) {
  const Problem problem;
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int step) { total.add_(routeByThreshold(problem, step).square().sum()); });
  return total.item<double>();
}

at::Tensor routeFixed(const Problem &problem, int step) {
  const at::Tensor expert = std::get<1>(problem.scores(step).topk(kTopK, -1));
  const at::Tensor gates = at::index_select(problem.experts, 0, expert.reshape({-1}));
  return gates.view({-1, kTopK, 64}).sum(1).mul_(problem.tokens);
}

double fixedTopK(const StepLoop &loop) {
  const Problem problem;
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int step) { total.add_(routeFixed(problem, step).square().sum()); });
  return total.item<double>();
}

// The fixed form, with the threshold counted for a log at the end of an epoch.
double countSometimes(const StepLoop &loop) {
  constexpr int kEpoch = 16;
  const Problem problem;
  at::Tensor total = at::zeros({}, at::kDouble);
  std::int64_t above = 1;
  loop.run([&](int step) {
    total.add_(routeFixed(problem, step).square().sum());
    if (step % kEpoch == kEpoch - 1) above = at::nonzero(problem.scores(step).gt(0)).size(0);
  });
  return above > 0 ? total.item<double>() : -1;
}

} // namespace

Sample hl103FixedTopk() {
  return {"hl103_fixed_topk", "tokens are routed by a threshold instead of a fixed top-k",
          threshold, fixedTopK, countSometimes};
}

} // namespace hotloop::samples
