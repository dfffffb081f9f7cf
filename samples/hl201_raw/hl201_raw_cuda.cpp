#include "samples/cuda/cuda_sample.h"

namespace hotloop::samples {
namespace {

constexpr std::size_t kMany = 1 << 20;

// Work of a step: a few microseconds per kernel, so that the host has to hurry.
void work(const Floats &x, int kernels, cudaStream_t stream = nullptr) {
  for (int k = 0; k < kernels; ++k) scale(x.data(), x.count(), 0.999f, 0.001f, 8, stream);
}

HOTLOOP_CUDA_SITE void useFresh(const Floats &x) {
  void *scratch = nullptr;
  check(cudaMalloc(&scratch, kMany * sizeof(float)), "cudaMalloc");
  check(cudaMemcpyAsync(scratch, x.data(), kMany * sizeof(float), cudaMemcpyDeviceToDevice),
        "cudaMemcpyAsync");
  check(cudaFree(scratch), "cudaFree");
}

double bad(const StepLoop &loop) {
  const Floats x(kMany);
  loop.run([&](int) {
    work(x, 12);
    useFresh(x);
    work(x, 4);
  });
  return x.sum();
}

double good(const StepLoop &loop) {
  const Floats x(kMany), scratch(kMany);
  loop.run([&](int) {
    work(x, 12);
    check(
        cudaMemcpyAsync(scratch.data(), x.data(), kMany * sizeof(float), cudaMemcpyDeviceToDevice),
        "cudaMemcpyAsync");
    work(x, 4);
  });
  return x.sum();
}

double benign(const StepLoop &loop) {
  const Floats x(kMany);
  cudaMemPool_t pool = nullptr;
  check(cudaDeviceGetDefaultMemPool(&pool, 0), "cudaDeviceGetDefaultMemPool");
  std::size_t keep = std::size_t{1} << 30;
  check(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &keep),
        "cudaMemPoolSetAttribute");
  loop.run([&](int) {
    work(x, 12);
    void *scratch = nullptr;
    check(cudaMallocAsync(&scratch, kMany * sizeof(float), nullptr), "cudaMallocAsync");
    check(cudaFreeAsync(scratch, nullptr), "cudaFreeAsync");
    work(x, 4);
  });
  return x.sum();
}

} // namespace

CudaSample hl201Raw() {
  return {"hl201_raw", "device memory is taken and given back in every step", bad, good, benign};
}

} // namespace hotloop::samples
