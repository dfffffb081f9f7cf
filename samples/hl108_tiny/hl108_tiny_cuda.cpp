#include "samples/cuda/cuda_sample.h"

namespace hotloop::samples {
namespace {

constexpr std::size_t kMany = 1 << 20;

// Work of a step: a few microseconds per kernel, so that the host has to hurry.
void work(const Floats &x, int kernels, cudaStream_t stream = nullptr) {
  for (int k = 0; k < kernels; ++k) scale(x.data(), x.count(), 0.999f, 0.001f, 8, stream);
}

HOTLOOP_CUDA_SITE void sendOne(float *into, const float *from) {
  check(cudaMemcpyAsync(into, from, sizeof(float), cudaMemcpyHostToDevice), "cudaMemcpyAsync");
}
HOTLOOP_CUDA_SITE void sendAll(float *into, const float *from) {
  check(cudaMemcpyAsync(into, from, 16 * sizeof(float), cudaMemcpyHostToDevice), "cudaMemcpyAsync");
}

double run(const StepLoop &loop, int single) {
  const Floats x(kMany), scales(16);
  const HostFloats host(16, true);
  loop.run([&](int) {
    for (int i = 0; i < single; ++i) sendOne(scales.data() + i, host.data() + i);
    if (single < 16) sendAll(scales.data(), host.data());
    work(x, 8);
  });
  return x.sum() + scales.sum();
}

double bad(const StepLoop &loop) { return run(loop, 16); }
double good(const StepLoop &loop) { return run(loop, 0); }
double benign(const StepLoop &loop) { return run(loop, 2); }

} // namespace

CudaSample hl108Tiny() {
  return {"hl108_tiny", "sixteen numbers go to the device one by one in every step", bad, good,
          benign};
}

} // namespace hotloop::samples
