#include "samples/sample.h"
#include "samples/tensors.h"

namespace hotloop::samples {
namespace {

constexpr std::int64_t kLongest = 1024;
constexpr std::int64_t kWidth = 256;

// Sequences of different lengths; each is filled, scaled and summed.
struct Problem {
  // 37 and 97 have no common factor with kLongest / 2: the lengths hardly ever repeat.
  static std::int64_t length(int step) { return kLongest / 2 + (37 + 97 * step) % (kLongest / 2); }

  at::Tensor row = values({kWidth}, 61);
};

at::Tensor fill(const Problem &problem, at::Tensor padded, int step) {
  return padded.add_(problem.row).mul_(0.01 * (step + 1)).sum();
}

HOTLOOP_SAMPLE_SITE at::Tensor bufferOfLength(std::int64_t length) {
  return at::zeros({length, kWidth});
}

double varyingShape(const StepLoop &loop) {
  const Problem problem;
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run(
      [&](int step) { total.add_(fill(problem, bufferOfLength(Problem::length(step)), step)); });
  return total.item<double>();
}

double largestBuffer(const StepLoop &loop) {
  const Problem problem;
  at::Tensor total = at::zeros({}, at::kDouble);
  at::Tensor buffer = bufferOfLength(kLongest);
  loop.run([&](int step) {
    at::Tensor part = buffer.narrow(0, 0, Problem::length(step)).zero_();
    total.add_(fill(problem, part, step));
  });
  return total.item<double>();
}

// Lengths differ, buffers do not: four sizes, made in warm-up and kept.
double buckets(const StepLoop &loop) {
  constexpr std::int64_t kBuckets = 4;
  constexpr std::int64_t kBucket = kLongest / kBuckets;
  const Problem problem;
  at::Tensor total = at::zeros({}, at::kDouble);
  std::vector<at::Tensor> kept(kBuckets);
  loop.run([&](int step) {
    if (step == 0)
      for (std::int64_t i = 0; i < kBuckets; ++i) kept[i] = bufferOfLength((i + 1) * kBucket);
    const std::int64_t length = Problem::length(step);
    at::Tensor part = kept[(length - 1) / kBucket].narrow(0, 0, length).zero_();
    total.add_(fill(problem, part, step));
  });
  return total.item<double>();
}

} // namespace

Sample hl203VaryingShape() {
  return {"hl203_varying_shape", "a buffer of another size is made in every step", varyingShape,
          largestBuffer, buckets};
}

} // namespace hotloop::samples
