#include "samples/sample.h"
#include "samples/tensors.h"

namespace hotloop::samples {
namespace {

constexpr std::int64_t kWidth = 8192;

struct Problem {
  at::Tensor input = values({kWidth}, 71);
  at::Tensor result(int step) const { return at::mul(input, 0.01 * (step + 1)); }
};

HOTLOOP_SAMPLE_SITE at::Tensor concatenate(const at::Tensor &history, const at::Tensor &result) {
  return at::cat({history, result.unsqueeze(0)});
}

HOTLOOP_SAMPLE_SITE void append(std::vector<at::Tensor> &list, const at::Tensor &result) {
  list.push_back(result.square());
}

// Grows twice: a tensor that is concatenated anew, and a list that keeps every result.
double growing(const StepLoop &loop) {
  const Problem problem;
  at::Tensor history = at::empty({0, kWidth});
  std::vector<at::Tensor> squares;
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int step) {
    const at::Tensor result = problem.result(step);
    history = concatenate(history, result);
    append(squares, result);
    total.add_(history.select(0, step).sum()).add_(squares.back().sum());
  });
  return total.item<double>();
}

double slots(const StepLoop &loop) {
  const Problem problem;
  at::Tensor history = at::empty({loop.steps(), kWidth});
  at::Tensor squares = at::empty({loop.steps(), kWidth});
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int step) {
    at::Tensor slot = history.select(0, step);
    slot.copy_(problem.result(step));
    at::Tensor square = squares.select(0, step);
    at::mul_out(square, slot, slot);
    total.add_(slot.sum()).add_(square.sum());
  });
  return total.item<double>();
}

// A list that is emptied at the end of an epoch: it rises, but not for ever.
double clearedList(const StepLoop &loop) {
  constexpr std::size_t kEpoch = 8;
  const Problem problem;
  std::vector<at::Tensor> squares;
  at::Tensor total = at::zeros({}, at::kDouble);
  loop.run([&](int step) {
    const at::Tensor result = problem.result(step);
    append(squares, result);
    total.add_(result.sum()).add_(squares.back().sum());
    if (squares.size() == kEpoch) squares.clear();
  });
  return total.item<double>();
}

} // namespace

Sample hl207GrowingList() {
  return {"hl207_growing_list", "results are concatenated and kept without end", growing, slots,
          clearedList};
}

} // namespace hotloop::samples
