#include "samples/sample.h"
#include "samples/tensors.h"

namespace hotloop::samples {
namespace {

constexpr std::int64_t kRows = 1024;
constexpr std::int64_t kWidth = 512;

struct Problem {
  at::Tensor input = values({kRows, 64}, 51);
  at::Tensor weight = values({64, kWidth}, 52);
};

// Writes the layer's result into `output`, which must hold zeros.
at::Tensor accumulate(const Problem &problem, at::Tensor &output, int step) {
  at::addmm_out(output, output, problem.input, problem.weight, 1, 0.01 * (step + 1));
  return output.square_().mean();
}

HOTLOOP_SAMPLE_SITE at::Tensor freshOutput() { return at::zeros({kRows, kWidth}); }

double freshEveryStep(const StepLoop &loop) {
  const Problem problem;
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int step) {
    at::Tensor output = freshOutput();
    total.add_(accumulate(problem, output, step));
  });
  return total.item<double>();
}

double reusedBuffer(const StepLoop &loop) {
  const Problem problem;
  at::Tensor total = at::zeros({}, at::kDouble);
  at::Tensor output = at::empty({kRows, kWidth});
  loop.run([&](int step) {
    output.zero_();
    total.add_(accumulate(problem, output, step));
  });
  return total.item<double>();
}

// Allocates in the first step, which is warm-up; a few bytes in every step; a copy at the end of an
// epoch; and the results of operators, which eager programs cannot avoid.
double allocateInWarmUp(const StepLoop &loop) {
  constexpr int kEpoch = 16;
  const Problem problem;
  at::Tensor total = at::zeros({}, at::kDouble);
  at::Tensor output;
  at::Tensor snapshot;
  loop.run([&](int step) {
    if (!output.defined()) output = freshOutput();
    output.zero_();
    at::Tensor few = at::zeros({16});
    total.add_(accumulate(problem, output, step)).add_(few.sum());
    if (step % kEpoch == kEpoch - 1) snapshot = output.clone();
  });
  return total.item<double>();
}

} // namespace

Sample hl201Preallocate() {
  return {"hl201_preallocate", "a zeroed output is made anew in every step", freshEveryStep,
          reusedBuffer, allocateInWarmUp};
}

} // namespace hotloop::samples
