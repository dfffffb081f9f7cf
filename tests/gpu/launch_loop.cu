// A worker of tests/gpu/overhead.py: reads "<target> <count>" lines, runs that many launches (or
// steps), answers with the seconds it took. Targets: launch (empty kernels, a synchronisation at
// the end), spin (kernels of 32 us: the device is the limit), graph (replays of 100 kernels).
#include <cuda_runtime.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

void check(cudaError_t error) {
  if (error == cudaSuccess) return;
  std::fprintf(stderr, "launch_loop: %s\n", cudaGetErrorString(error));
  std::exit(1);
}

__global__ void nothing() {}
__global__ void spin(long long cycles) {
  for (const long long start = clock64(); clock64() - start < cycles;) {
  }
}

cudaGraphExec_t hundred(cudaStream_t stream) {
  cudaGraph_t graph;
  cudaGraphExec_t exec;
  check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  for (int i = 0; i < 100; ++i) nothing<<<1, 32, 0, stream>>>();
  check(cudaStreamEndCapture(stream, &graph));
  check(cudaGraphInstantiate(&exec, graph, 0));
  return exec;
}

} // namespace

int main() {
  cudaStream_t stream;
  check(cudaStreamCreate(&stream));
  cudaGraphExec_t exec = hundred(stream);
  for (int i = 0; i < 1000; ++i) nothing<<<1, 32, 0, stream>>>();
  check(cudaStreamSynchronize(stream));
  std::printf("ready\n");
  std::fflush(stdout);
  char target[32];
  int count = 0;
  while (std::scanf("%31s %d", target, &count) == 2) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < count; ++i) {
      if (std::strcmp(target, "spin") == 0)
        spin<<<1, 32, 0, stream>>>(60'000);
      else if (std::strcmp(target, "graph") == 0)
        check(cudaGraphLaunch(exec, stream));
      else
        nothing<<<1, 32, 0, stream>>>();
    }
    check(cudaStreamSynchronize(stream));
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::printf("%.9f\n", seconds);
    std::fflush(stdout);
  }
  return 0;
}
