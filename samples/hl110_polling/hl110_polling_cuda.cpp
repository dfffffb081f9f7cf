#include "samples/cuda/cuda_sample.h"

namespace hotloop::samples {
namespace {

constexpr std::size_t kMany = 1 << 20;

// Work of a step: a few microseconds per kernel, so that the host has to hurry.
void work(const Floats &x, int kernels, cudaStream_t stream = nullptr) {
  for (int k = 0; k < kernels; ++k) scale(x.data(), x.count(), 0.999f, 0.001f, 8, stream);
}

HOTLOOP_CUDA_SITE void poll(cudaEvent_t done, int most) {
  for (int i = 0; i < most && cudaEventQuery(done) == cudaErrorNotReady; ++i) {
  }
}

double run(const StepLoop &loop, int most, bool wait) {
  const Floats x(kMany);
  cudaEvent_t done = nullptr;
  check(cudaEventCreateWithFlags(&done, cudaEventDisableTiming), "cudaEventCreate");
  loop.run([&](int) {
    for (int k = 0; k < 8; ++k) scale(x.data(), x.count(), 0.999f, 0.001f, 400, nullptr);
    check(cudaEventRecord(done), "cudaEventRecord");
    if (wait) poll(done, most);
    work(x, 2);
  });
  check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
  check(cudaEventDestroy(done), "cudaEventDestroy");
  return x.sum();
}

double bad(const StepLoop &loop) { return run(loop, 1 << 30, true); }
double good(const StepLoop &loop) { return run(loop, 0, false); }
double benign(const StepLoop &loop) { return run(loop, 4, true); }

} // namespace

CudaSample hl110Polling() {
  return {"hl110_polling", "an event is queried until it is done in every step", bad, good, benign};
}

} // namespace hotloop::samples
