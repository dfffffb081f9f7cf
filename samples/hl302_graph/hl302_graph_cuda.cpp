#include "samples/cuda/cuda_sample.h"

namespace hotloop::samples {
namespace {

constexpr std::size_t kMany = 1 << 20;

constexpr std::size_t kFew = 4096;

cudaGraphExec_t capture(const Floats &x, int kernels, cudaStream_t stream) {
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t exec = nullptr;
  check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
  for (int k = 0; k < kernels; ++k) scale(x.data(), kFew, 0.999f, 0.001f, 4, stream);
  check(cudaStreamEndCapture(stream, &graph), "cudaStreamEndCapture");
  check(cudaGraphInstantiate(&exec, graph, 0), "cudaGraphInstantiate");
  check(cudaGraphDestroy(graph), "cudaGraphDestroy");
  return exec;
}

cudaStream_t ownStream() {
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreate");
  return stream;
}

HOTLOOP_CUDA_SITE void launchAll(const Floats &x, std::size_t count, int rounds,
                                 cudaStream_t stream) {
  for (int k = 0; k < 60; ++k) scale(x.data(), count, 0.999f, 0.001f, rounds, stream);
}

double bad(const StepLoop &loop) {
  const Floats x(kFew);
  const cudaStream_t stream = ownStream();
  loop.run([&](int) { launchAll(x, kFew, 4, stream); });
  check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
  return x.sum();
}

double good(const StepLoop &loop) {
  const Floats x(kFew);
  const cudaStream_t stream = ownStream();
  const cudaGraphExec_t graph = capture(x, 60, stream);
  loop.run([&](int) { check(cudaGraphLaunch(graph, stream), "cudaGraphLaunch"); });
  check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
  return x.sum();
}

double benign(const StepLoop &loop) {
  const Floats x(4 * kMany);
  const cudaStream_t stream = ownStream();
  loop.run([&](int) { launchAll(x, 4 * kMany, 200, stream); });
  check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
  return x.sum() / (4.0 * kMany) * kFew; // as large as the others'
}

} // namespace

CudaSample hl302Graph() {
  return {"hl302_graph", "sixty small launches that are the same in every step", bad, good, benign};
}

} // namespace hotloop::samples
