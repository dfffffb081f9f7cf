#include "samples/tensors.h"

namespace hotloop::samples {

void useOneThread() { at::set_num_threads(1); }

at::Tensor values(at::IntArrayRef shape, std::uint64_t seed) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  return at::randn(shape, generator, at::TensorOptions(at::kFloat));
}

at::Tensor integers(std::int64_t limit, at::IntArrayRef shape, std::uint64_t seed) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  return at::randint(limit, shape, generator, at::TensorOptions(at::kLong));
}

} // namespace hotloop::samples
