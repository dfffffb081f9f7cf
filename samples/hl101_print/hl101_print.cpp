#include <sstream>

#include "samples/sample.h"
#include "samples/tensors.h"

namespace hotloop::samples {
namespace {

struct Problem {
  at::Tensor input = values({128, 128}, 7);
  at::Tensor weight = values({128, 128}, 8);
  at::Tensor loss(int step) const {
    return at::mm(input, weight).mul_(0.01 * (step + 1)).square().mean();
  }
};

HOTLOOP_SAMPLE_SITE void logLoss(std::ostream &log, int step, const at::Tensor &loss) {
  log << step << ' ' << loss << '\n';
}

double printEveryStep(const StepLoop &loop) {
  const Problem problem;
  std::ostringstream log;
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int step) {
    const at::Tensor loss = problem.loss(step);
    total.add_(loss);
    logLoss(log, step, loss);
  });
  return log.str().empty() ? -1 : total.item<double>();
}

double printAtTheEnd(const StepLoop &loop) {
  const Problem problem;
  std::ostringstream log;
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int step) { total.add_(problem.loss(step)); });
  logLoss(log, loop.steps(), total);
  return log.str().empty() ? -1 : total.item<double>();
}

// Prints in every step what the host knows, and a tensor at the end of an epoch.
double printHostValues(const StepLoop &loop) {
  constexpr int kEpoch = 16;
  const Problem problem;
  std::ostringstream log;
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int step) {
    const at::Tensor loss = problem.loss(step);
    total.add_(loss);
    log << "step " << step << " of " << loop.steps() << ", shape " << loss.sizes() << '\n';
    if (step % kEpoch == kEpoch - 1) logLoss(log, step, total);
  });
  return log.str().empty() ? -1 : total.item<double>();
}

} // namespace

Sample hl101Print() {
  return {"hl101_print", "a tensor is printed in every step", printEveryStep, printAtTheEnd,
          printHostValues};
}

} // namespace hotloop::samples
