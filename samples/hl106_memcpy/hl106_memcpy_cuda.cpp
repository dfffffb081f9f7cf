#include "samples/cuda/cuda_sample.h"

namespace hotloop::samples {
namespace {

constexpr std::size_t kMany = 1 << 20;

// Work of a step: a few microseconds per kernel, so that the host has to hurry.
void work(const Floats &x, int kernels, cudaStream_t stream = nullptr) {
  for (int k = 0; k < kernels; ++k) scale(x.data(), x.count(), 0.999f, 0.001f, 8, stream);
}

HOTLOOP_CUDA_SITE void upload(const Floats &into, const HostFloats &from, bool wait) {
  const std::size_t bytes = kMany * sizeof(float);
  if (wait)
    check(cudaMemcpy(into.data(), from.data(), bytes, cudaMemcpyHostToDevice), "cudaMemcpy");
  else
    check(cudaMemcpyAsync(into.data(), from.data(), bytes, cudaMemcpyHostToDevice),
          "cudaMemcpyAsync");
}

double run(const StepLoop &loop, bool wait) {
  const Floats x(kMany), batch(kMany);
  const HostFloats host(kMany, true);
  loop.run([&](int) {
    upload(batch, host, wait);
    work(batch, 4);
    work(x, 12);
  });
  return x.sum() + batch.sum();
}

double bad(const StepLoop &loop) { return run(loop, true); }
double good(const StepLoop &loop) { return run(loop, false); }
double benign(const StepLoop &loop) {
  const Floats x(kMany), batch(kMany), origin(kMany);
  loop.run([&](int) {
    check(cudaMemcpy(batch.data(), origin.data(), kMany * sizeof(float), cudaMemcpyDeviceToDevice),
          "cudaMemcpy");
    work(batch, 4);
    work(x, 12);
  });
  return x.sum() + batch.sum();
}

} // namespace

CudaSample hl106Memcpy() {
  return {"hl106_memcpy", "cudaMemcpy feeds the device in every step", bad, good, benign};
}

} // namespace hotloop::samples
