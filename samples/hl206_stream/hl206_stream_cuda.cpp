#include "samples/cuda/cuda_sample.h"

namespace hotloop::samples {
namespace {

constexpr std::size_t kMany = 1 << 20;

// Work of a step: a few microseconds per kernel, so that the host has to hurry.
void work(const Floats &x, int kernels, cudaStream_t stream = nullptr) {
  for (int k = 0; k < kernels; ++k) scale(x.data(), x.count(), 0.999f, 0.001f, 8, stream);
}

HOTLOOP_CUDA_SITE cudaStream_t makeStream() {
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreate");
  return stream;
}

double run(const StepLoop &loop, bool fresh, bool early) {
  const Floats x(kMany), y(kMany);
  cudaStream_t stream = early ? makeStream() : nullptr;
  loop.run([&](int) {
    if (stream == nullptr) stream = makeStream();
    work(y, 4, stream);
    if (fresh) {
      check(cudaStreamDestroy(stream), "cudaStreamDestroy");
      stream = nullptr;
    }
    work(x, 12);
  });
  check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
  if (stream != nullptr) check(cudaStreamDestroy(stream), "cudaStreamDestroy");
  return x.sum() + y.sum();
}

double bad(const StepLoop &loop) { return run(loop, true, false); }
double good(const StepLoop &loop) { return run(loop, false, true); }
double benign(const StepLoop &loop) { return run(loop, false, false); }

} // namespace

CudaSample hl206Stream() {
  return {"hl206_stream", "a stream is made and destroyed in every step", bad, good, benign};
}

} // namespace hotloop::samples
