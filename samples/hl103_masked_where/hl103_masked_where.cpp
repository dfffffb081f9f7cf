#include "samples/sample.h"
#include "samples/tensors.h"

namespace hotloop::samples {
namespace {

// Tokens whose confidence is high pass through a network, the others stay as they are.
struct Problem {
  at::Tensor tokens = values({512, 64}, 21);
  at::Tensor confidence = values({512}, 22);
  at::Tensor weight = values({64, 64}, 23);

  at::Tensor process(const at::Tensor &rows) const { return at::gelu(at::mm(rows, weight)); }
  // A threshold that moves, so that the number of tokens above it differs from step to step.
  at::Tensor mask(int step) const { return confidence.gt(0.02 * (step % 32)); }
};

HOTLOOP_SAMPLE_SITE at::Tensor processChosen(const Problem &problem, int step) {
  const at::Tensor mask = problem.mask(step);
  const at::Tensor chosen = problem.tokens.index({mask});
  return problem.tokens.index_put({mask}, problem.process(chosen));
}

double booleanMask(const StepLoop &loop) {
  const Problem problem;
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int step) { total.add_(processChosen(problem, step).sum()); });
  return total.item<double>();
}

double maskedWhere(const StepLoop &loop) {
  const Problem problem;
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int step) {
    const at::Tensor processed = problem.process(problem.tokens);
    const at::Tensor mask = problem.mask(step).unsqueeze(-1);
    total.add_(at::where(mask, processed, problem.tokens).sum());
  });
  return total.item<double>();
}

// One mask for the whole run, turned into indices before the loop.
double maskOutsideTheLoop(const StepLoop &loop) {
  const Problem problem;
  const at::Tensor rows = at::nonzero(problem.mask(0)).squeeze(1);
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int) {
    const at::Tensor chosen = at::index_select(problem.tokens, 0, rows);
    total.add_(at::index_copy(problem.tokens, 0, rows, problem.process(chosen)).sum());
  });
  return total.item<double>();
}

double maskOutsideReference(const StepLoop &loop) {
  const Problem problem;
  const at::Tensor mask = problem.mask(0).unsqueeze(-1);
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int) {
    total.add_(at::where(mask, problem.process(problem.tokens), problem.tokens).sum());
  });
  return total.item<double>();
}

} // namespace

Sample hl103MaskedWhere() {
  return {"hl103_masked_where", "a boolean mask picks the tokens to process",
          booleanMask,          maskedWhere,
          maskOutsideTheLoop,   maskOutsideReference};
}

} // namespace hotloop::samples
