#include "reference_moe/run/unsafe_habits.h"

#include <iostream>

#include <ATen/TensorIndexing.h>

namespace hotloop::moe::unsafe {

// noinline: the frame of each habit must be there to be seen. A call in the last place would be a
// jump that takes the frame away, so none is there.
#define HOTLOOP_HABIT __attribute__((noinline))
#define HOTLOOP_KEEP_FRAME asm volatile("")

HOTLOOP_HABIT double readScalar(const at::Tensor &loss) {
  const double value = loss.item<double>();
  HOTLOOP_KEEP_FRAME;
  return value;
}

HOTLOOP_HABIT void printTensor(const at::Tensor &hidden) {
  std::cerr << hidden[0].narrow(0, 0, 1) << '\n';
}

HOTLOOP_HABIT bool branchOnValue(const at::Tensor &hidden) {
  const bool isAbove = at::is_nonzero(hidden[0][0] > 0.5);
  HOTLOOP_KEEP_FRAME;
  return isAbove;
}

HOTLOOP_HABIT void growList(std::vector<at::Tensor> &list, const at::Tensor &loss) {
  list.push_back(loss.reshape({1}).clone());
  const at::Tensor history = at::cat(list); // one element longer in every step
}

HOTLOOP_HABIT at::Tensor allocateVaryingShape(const at::Tensor &hidden, std::int64_t step) {
  const std::int64_t rows = 1 + (step * 37) % std::max<std::int64_t>(hidden.size(0), 2);
  return at::zeros({rows, hidden.size(1)}, hidden.options());
}

HOTLOOP_HABIT at::Tensor selectByMask(const at::Tensor &hidden) {
  return hidden.index({hidden.select(1, 0) > 0});
}

} // namespace hotloop::moe::unsafe
