#include "samples/sample.h"
#include "samples/tensors.h"

namespace hotloop::samples {
namespace {

constexpr std::int64_t kTokens = 2048;
constexpr std::int64_t kGroups = 16;
constexpr std::int64_t kCopies = 4;

struct Problem {
  at::Tensor input = values({kTokens, 64}, 11);
  at::Tensor group = integers(kGroups, {kTokens}, 12);
  at::Tensor repeats = at::full({kTokens}, kCopies, at::kLong);
};

// --- sizes that depend on values -----------------------------------------------------------------

HOTLOOP_SAMPLE_SITE at::Tensor sumOfChosenRows(const Problem &problem, int step) {
  const at::Tensor rows = at::nonzero(problem.group.eq(step % kGroups)).squeeze(1);
  return at::index_select(problem.input, 0, rows).sum();
}

HOTLOOP_SAMPLE_SITE at::Tensor largestGroup(const Problem &problem) {
  const at::Tensor counts = std::get<2>(at::_unique2(problem.group, true, false, true));
  return counts.max();
}

HOTLOOP_SAMPLE_SITE at::Tensor expand(const Problem &problem) {
  return at::repeat_interleave(problem.input, problem.repeats, 0).square().mean();
}

double dynamicShapes(const StepLoop &loop) {
  const Problem problem;
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int step) {
    total.add_(sumOfChosenRows(problem, step));
    total.add_(largestGroup(problem));
    total.add_(expand(problem));
  });
  return total.item<double>();
}

// --- the same numbers with fixed sizes -----------------------------------------------------------

double fixedShapes(const StepLoop &loop) {
  const Problem problem;
  at::Tensor total = at::zeros({}, at::kDouble);
  at::Tensor counts = at::zeros({kGroups}, at::kLong);
  const at::Tensor ones = at::ones({kTokens}, at::kLong);
  const at::Tensor none = at::zeros({});
  loop.run([&](int step) {
    const at::Tensor chosen = problem.group.eq(step % kGroups).unsqueeze(1);
    total.add_(at::where(chosen, problem.input, none).sum());
    counts.zero_().scatter_add_(0, problem.group, ones);
    total.add_(counts.max());
    const at::Tensor copies = problem.input.unsqueeze(1).expand({kTokens, kCopies, 64});
    total.add_(copies.square().mean());
  });
  return total.item<double>();
}

// The same operators by name, used so that the host knows every size: indices found before the
// loop, the three-argument where, repeat_interleave with a number.
double knownSizes(const StepLoop &loop) {
  const Problem problem;
  std::vector<at::Tensor> rowsOfGroup;
  for (std::int64_t group = 0; group < kGroups; ++group)
    rowsOfGroup.push_back(at::nonzero(problem.group.eq(group)).squeeze(1));
  const at::Tensor largest = std::get<2>(at::_unique2(problem.group, true, false, true)).max();
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int step) {
    total.add_(at::index_select(problem.input, 0, rowsOfGroup[0]).sum().mul_(0));
    const at::Tensor chosen = problem.group.eq(step % kGroups).unsqueeze(1);
    total.add_(at::where(chosen, problem.input, at::scalar_tensor(0.0)).sum());
    total.add_(largest);
    total.add_(at::repeat_interleave(problem.input, kCopies, 0).square().mean());
  });
  return total.item<double>();
}

} // namespace

Sample hl103DynamicShape() {
  return {"hl103_dynamic_shape", "nonzero, unique and repeat_interleave size tensors by values",
          dynamicShapes, fixedShapes, knownSizes};
}

} // namespace hotloop::samples
