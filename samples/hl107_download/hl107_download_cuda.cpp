#include "samples/cuda/cuda_sample.h"

namespace hotloop::samples {
namespace {

constexpr std::size_t kMany = 1 << 20;

// Work of a step: a few microseconds per kernel, so that the host has to hurry.
void work(const Floats &x, int kernels, cudaStream_t stream = nullptr) {
  for (int k = 0; k < kernels; ++k) scale(x.data(), x.count(), 0.999f, 0.001f, 8, stream);
}

HOTLOOP_CUDA_SITE void download(const HostFloats &into, const Floats &from) {
  check(cudaMemcpyAsync(into.data(), from.data(), kMany * sizeof(float), cudaMemcpyDeviceToHost),
        "cudaMemcpyAsync");
}

double run(const StepLoop &loop, int every) {
  const Floats x(kMany);
  const HostFloats host(kMany, true);
  loop.run([&](int step) {
    work(x, 16);
    if (every > 0 && step % every == every - 1) download(host, x);
    work(x, 8);
  });
  check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
  return x.sum();
}

double bad(const StepLoop &loop) { return run(loop, 1); }
double good(const StepLoop &loop) { return run(loop, 0); }
double benign(const StepLoop &loop) { return run(loop, 16); }

} // namespace

CudaSample hl107Download() {
  return {"hl107_download", "four megabytes go to pinned memory in every step", bad, good, benign};
}

} // namespace hotloop::samples
