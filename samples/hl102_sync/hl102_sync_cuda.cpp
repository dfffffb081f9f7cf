#include "samples/cuda/cuda_sample.h"

namespace hotloop::samples {
namespace {

constexpr std::size_t kMany = 1 << 20;

// Work of a step: a few microseconds per kernel, so that the host has to hurry.
void work(const Floats &x, int kernels, cudaStream_t stream = nullptr) {
  for (int k = 0; k < kernels; ++k) scale(x.data(), x.count(), 0.999f, 0.001f, 8, stream);
}

HOTLOOP_CUDA_SITE void waitForDevice() { check(cudaDeviceSynchronize(), "cudaDeviceSynchronize"); }

double run(const StepLoop &loop, int every) {
  const Floats x(kMany);
  loop.run([&](int step) {
    work(x, 16);
    if (every > 0 && step % every == every - 1) waitForDevice();
    work(x, 16);
  });
  return x.sum();
}

double bad(const StepLoop &loop) { return run(loop, 1); }
double good(const StepLoop &loop) { return run(loop, 0); }
double benign(const StepLoop &loop) { return run(loop, 16); }

} // namespace

CudaSample hl102Sync() {
  return {"hl102_sync", "the host waits for the device in the middle of every step", bad, good,
          benign};
}

} // namespace hotloop::samples
