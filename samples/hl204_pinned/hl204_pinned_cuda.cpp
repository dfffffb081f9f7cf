#include "samples/cuda/cuda_sample.h"

namespace hotloop::samples {
namespace {

constexpr std::size_t kMany = 1 << 20;

// Work of a step: a few microseconds per kernel, so that the host has to hurry.
void work(const Floats &x, int kernels, cudaStream_t stream = nullptr) {
  for (int k = 0; k < kernels; ++k) scale(x.data(), x.count(), 0.999f, 0.001f, 8, stream);
}

HOTLOOP_CUDA_SITE float *pin() {
  void *stage = nullptr;
  check(cudaMallocHost(&stage, 65536 * sizeof(float)), "cudaMallocHost");
  return static_cast<float *>(stage);
}

double run(const StepLoop &loop, bool fresh, bool early) {
  const Floats x(kMany);
  float *stage = early ? pin() : nullptr;
  loop.run([&](int) {
    work(x, 12);
    if (stage == nullptr) stage = pin();
    if (fresh) {
      check(cudaFreeHost(stage), "cudaFreeHost");
      stage = nullptr;
    }
    work(x, 4);
  });
  if (stage != nullptr) check(cudaFreeHost(stage), "cudaFreeHost");
  return x.sum();
}

double bad(const StepLoop &loop) { return run(loop, true, false); }
double good(const StepLoop &loop) { return run(loop, false, true); }
double benign(const StepLoop &loop) { return run(loop, false, false); }

} // namespace

CudaSample hl204Pinned() {
  return {"hl204_pinned", "a pinned buffer is made in every step", bad, good, benign};
}

} // namespace hotloop::samples
