#include "samples/cuda/cuda_sample.h"

namespace hotloop::samples {
namespace {

constexpr std::size_t kMany = 1 << 20;

// Work of a step: a few microseconds per kernel, so that the host has to hurry.
void work(const Floats &x, int kernels, cudaStream_t stream = nullptr) {
  for (int k = 0; k < kernels; ++k) scale(x.data(), x.count(), 0.999f, 0.001f, 8, stream);
}

HOTLOOP_CUDA_SITE double readBack(const Floats &sum) {
  float host = 0;
  check(cudaMemcpy(&host, sum.data(), sizeof(float), cudaMemcpyDeviceToHost), "cudaMemcpy");
  return host;
}

double run(const StepLoop &loop, int every) {
  const Floats x(kMany), sum(1);
  double last = 0;
  loop.run([&](int step) {
    work(x, 24);
    sumInto(x.data(), 4096, sum.data(), nullptr);
    if (every > 0 && step % every == every - 1) last = readBack(sum);
  });
  return last != last ? -1 : x.sum();
}

double bad(const StepLoop &loop) { return run(loop, 1); }
double good(const StepLoop &loop) { return run(loop, 0); }
double benign(const StepLoop &loop) { return run(loop, 16); }

} // namespace

CudaSample hl101Copy() {
  return {"hl101_copy", "a sum is copied back with cudaMemcpy in every step", bad, good, benign};
}

} // namespace hotloop::samples
