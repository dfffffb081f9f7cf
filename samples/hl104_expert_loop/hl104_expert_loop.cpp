#include "samples/sample.h"
#include "samples/tensors.h"

namespace hotloop::samples {
namespace {

// A layer of experts: token t goes through the matrix of expert route[t].
struct Problem {
  explicit Problem(std::int64_t experts)
      : weights(values({experts, kWidth, kWidth}, 42)), route(integers(experts, {kTokens}, 43)) {}

  static constexpr std::int64_t kTokens = 256;
  static constexpr std::int64_t kWidth = 32;

  std::int64_t experts() const { return weights.size(0); }

  at::Tensor tokens = values({kTokens, kWidth}, 41);
  at::Tensor weights;
  at::Tensor route;
};

constexpr std::int64_t kManyExperts = 16;

HOTLOOP_SAMPLE_SITE at::Tensor expertByExpert(const Problem &problem, at::Tensor &output) {
  output.zero_();
  for (std::int64_t expert = 0; expert < problem.experts(); ++expert) {
    const at::Tensor rows = at::nonzero(problem.route.eq(expert)).squeeze(1);
    const at::Tensor chosen = at::index_select(problem.tokens, 0, rows);
    output.index_add_(0, rows, at::mm(chosen, problem.weights.select(0, expert)));
  }
  return output.square().sum();
}

double expertLoop(const StepLoop &loop) {
  const Problem problem(kManyExperts);
  at::Tensor output = at::zeros_like(problem.tokens);
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int step) { total.add_(expertByExpert(problem, output).mul_(0.01 * (step + 1))); });
  return total.item<double>();
}

// All experts in one batched multiplication; each token keeps the result of its own.
at::Tensor allExperts(const Problem &problem) {
  const at::Tensor all = at::matmul(problem.tokens.unsqueeze(0), problem.weights);
  const at::Tensor index = problem.route.view({1, -1, 1}).expand({1, -1, Problem::kWidth});
  return all.gather(0, index).square().sum();
}

double batched(const StepLoop &loop) {
  const Problem problem(kManyExperts);
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int step) { total.add_(allExperts(problem).mul_(0.01 * (step + 1))); });
  return total.item<double>();
}

// Two experts only, each over all tokens: a loop, but a short one that reads nothing back.
double twoExperts(const StepLoop &loop) {
  const Problem problem(2);
  at::Tensor output = at::zeros_like(problem.tokens);
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int step) {
    output.zero_();
    for (std::int64_t expert = 0; expert < problem.experts(); ++expert) {
      const at::Tensor chosen = problem.route.eq(expert).unsqueeze(1);
      output.add_(at::mm(problem.tokens, problem.weights.select(0, expert)).mul_(chosen));
    }
    total.add_(output.square().sum().mul_(0.01 * (step + 1)));
  });
  return total.item<double>();
}

double twoExpertsBatched(const StepLoop &loop) {
  const Problem problem(2);
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int step) { total.add_(allExperts(problem).mul_(0.01 * (step + 1))); });
  return total.item<double>();
}

} // namespace

Sample hl104ExpertLoop() {
  return {"hl104_expert_loop", "a host loop gives each of 16 experts its tokens",
          expertLoop,          batched,
          twoExperts,          twoExpertsBatched};
}

} // namespace hotloop::samples
