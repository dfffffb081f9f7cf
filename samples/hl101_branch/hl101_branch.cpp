#include "samples/sample.h"
#include "samples/tensors.h"

namespace hotloop::samples {
namespace {

// Two ways to continue, by the sign of a score that lives on the device.
struct Problem {
  at::Tensor input = values({96, 96}, 3);
  at::Tensor up = values({96, 96}, 4);
  at::Tensor down = values({96, 96}, 5);
  at::Tensor scores = values({4096}, 6);

  at::Tensor positive(int step) const { return scores.select(0, step % 4096).gt(0); }
  at::Tensor whenPositive() const { return at::mm(input, up).mean(); }
  at::Tensor otherwise() const { return at::mm(input, down).mean(); }
};

HOTLOOP_SAMPLE_SITE at::Tensor chooseOnTheHost(const Problem &problem, int step) {
  if (at::is_nonzero(problem.positive(step))) return problem.whenPositive();
  return problem.otherwise();
}

double branchOnValue(const StepLoop &loop) {
  const Problem problem;
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int step) { total.add_(chooseOnTheHost(problem, step)); });
  return total.item<double>();
}

at::Tensor chooseOnTheDevice(const Problem &problem, int step) {
  return at::where(problem.positive(step), problem.whenPositive(), problem.otherwise());
}

double selectOnTheDevice(const StepLoop &loop) {
  const Problem problem;
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int step) { total.add_(chooseOnTheDevice(problem, step)); });
  return total.item<double>();
}

// Branches on what the host knows anyway, and asks the device only at the end of an epoch.
double branchOnHostValues(const StepLoop &loop) {
  constexpr int kEpoch = 16;
  const Problem problem;
  at::Tensor total = at::zeros({}, at::kDouble);
  bool broken = false;
  loop.run([&](int step) {
    if (problem.input.size(0) > 0) total.add_(chooseOnTheDevice(problem, step));
    if (step % kEpoch == kEpoch - 1) broken = at::is_nonzero(total.isnan());
  });
  return broken ? -1 : total.item<double>();
}

} // namespace

Sample hl101Branch() {
  return {"hl101_branch", "the host branches on a value of the device in every step", branchOnValue,
          selectOnTheDevice, branchOnHostValues};
}

} // namespace hotloop::samples
