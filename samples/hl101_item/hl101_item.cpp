#include "samples/sample.h"
#include "samples/tensors.h"

namespace hotloop::samples {
namespace {

struct Problem {
  at::Tensor input = values({128, 128}, 1);
  at::Tensor weight = values({128, 128}, 2);
  // A number per step that depends on the step, so that no step can be skipped.
  at::Tensor loss(int step) const {
    return at::mm(input, weight).mul_(0.01 * (step + 1)).square().mean();
  }
};

HOTLOOP_SAMPLE_SITE double readLoss(const at::Tensor &loss) { return loss.item<double>(); }

double readEveryStep(const StepLoop &loop) {
  const Problem problem;
  double total = 0;
  loop.run([&](int step) { total += readLoss(problem.loss(step)); });
  return total;
}

double addOnTheDevice(const StepLoop &loop) {
  const Problem problem;
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int step) { total.add_(problem.loss(step)); });
  return readLoss(total);
}

// Reads the running sum for the log now and then.
double logSometimes(const StepLoop &loop) {
  constexpr int kLogEvery = 16;
  const Problem problem;
  at::Tensor total = at::zeros({}, at::kDouble);
  double logged = 0;
  loop.run([&](int step) {
    total.add_(problem.loss(step));
    if (step % kLogEvery == kLogEvery - 1) logged = readLoss(total);
  });
  return logged <= readLoss(total) ? readLoss(total) : -1;
}

} // namespace

Sample hl101Item() {
  return {"hl101_item", "the loss is read back with item() in every step", readEveryStep,
          addOnTheDevice, logSometimes};
}

} // namespace hotloop::samples
