#include "samples/cuda/cuda_sample.h"

namespace hotloop::samples {
namespace {

constexpr std::size_t kMany = 1 << 20;

// Work of a step: a few microseconds per kernel, so that the host has to hurry.
void work(const Floats &x, int kernels, cudaStream_t stream = nullptr) {
  for (int k = 0; k < kernels; ++k) scale(x.data(), x.count(), 0.999f, 0.001f, 8, stream);
}

HOTLOOP_CUDA_SITE void upload(const Floats &into, const HostFloats &from, std::size_t count) {
  check(cudaMemcpyAsync(into.data(), from.data(), count * sizeof(float), cudaMemcpyHostToDevice),
        "cudaMemcpyAsync");
}

double run(const StepLoop &loop, bool pinned, bool few) {
  const Floats x(kMany), batch(kMany), small(16);
  const HostFloats host(kMany, pinned), little(16, false);
  loop.run([&](int) {
    upload(batch, host, kMany);
    if (few) upload(small, little, 16);
    work(batch, 4);
    work(x, 12);
  });
  return x.sum() + batch.sum();
}

double bad(const StepLoop &loop) { return run(loop, false, false); }
double good(const StepLoop &loop) { return run(loop, true, false); }
double benign(const StepLoop &loop) { return run(loop, true, true); }

} // namespace

CudaSample hl105Pageable() {
  return {"hl105_pageable", "a batch is copied from pageable memory in every step", bad, good,
          benign};
}

} // namespace hotloop::samples
