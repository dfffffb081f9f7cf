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

HOTLOOP_CUDA_SITE cudaGraphExec_t make(const Floats &x, cudaStream_t stream) {
  return capture(x, 40, stream);
}

double run(const StepLoop &loop, bool fresh) {
  const Floats x(kFew);
  const cudaStream_t stream = ownStream();
  cudaGraphExec_t graph = nullptr;
  loop.run([&](int) {
    if (graph == nullptr) graph = make(x, stream);
    check(cudaGraphLaunch(graph, stream), "cudaGraphLaunch");
    if (!fresh) return;
    check(cudaGraphExecDestroy(graph), "cudaGraphExecDestroy");
    graph = nullptr;
  });
  check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
  return x.sum();
}

double bad(const StepLoop &loop) { return run(loop, true); }
double good(const StepLoop &loop) {
  const Floats x(kFew);
  const cudaStream_t stream = ownStream();
  const cudaGraphExec_t graph = make(x, stream);
  loop.run([&](int) { check(cudaGraphLaunch(graph, stream), "cudaGraphLaunch"); });
  check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
  return x.sum();
}
double benign(const StepLoop &loop) { return run(loop, false); }

} // namespace

CudaSample hl306Rebuild() {
  return {"hl306_rebuild", "a graph is captured and instantiated in every step", bad, good, benign};
}

} // namespace hotloop::samples
