// Tokens to experts without PyTorch, see README.md. Token t goes to expert (7 t) mod experts, which
// multiplies it by (expert + 1).
#include <cuda_runtime.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "include/hotloop/hotloop.h"

namespace {

constexpr int kTokens = 4096;
constexpr int kWidth = 64;
constexpr int kExperts = 8;
constexpr int kThreads = 256;

void check(cudaError_t error, const char *what) {
  if (error == cudaSuccess) return;
  std::fprintf(stderr, "hotloop-expert-loop: %s: %s\n", what, cudaGetErrorString(error));
  std::exit(error == cudaErrorNoDevice || error == cudaErrorInsufficientDriver ? 2 : 1);
}
#define CHECK(call) check(call, #call)

__global__ void route(int *expert, int *counts) {
  const int token = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (token >= kTokens) return;
  expert[token] = token * 7 % kExperts;
  atomicAdd(&counts[expert[token]], 1);
}

// `only` < 0: all experts.
__global__ void applyExpert(const float *in, float *out, const int *expert, int only) {
  const int at = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (at >= kTokens * kWidth) return;
  const int mine = expert[at / kWidth];
  if (only < 0 || mine == only) out[at] = in[at] * static_cast<float>(mine + 1);
}

__global__ void nothing() {}

struct Buffers {
  float *in = nullptr, *out = nullptr;
  int *expert = nullptr, *counts = nullptr;
};

Buffers makeBuffers() {
  Buffers buffers;
  const std::size_t bytes = sizeof(float) * kTokens * kWidth;
  CHECK(cudaMalloc(&buffers.in, bytes));
  CHECK(cudaMalloc(&buffers.out, bytes));
  CHECK(cudaMalloc(&buffers.expert, sizeof(int) * kTokens));
  CHECK(cudaMalloc(&buffers.counts, sizeof(int) * kExperts));
  std::vector<float> ones(static_cast<std::size_t>(kTokens) * kWidth, 1.0f);
  CHECK(cudaMemcpy(buffers.in, ones.data(), bytes, cudaMemcpyHostToDevice));
  return buffers;
}

constexpr unsigned blocks(int work) {
  return static_cast<unsigned>((work + kThreads - 1) / kThreads);
}

// The counts come to the host, which decides what to launch: it waits for the device every step.
void badStep(const Buffers &buffers, cudaStream_t stream) {
  float *scratch = nullptr;
  CHECK(cudaMalloc(&scratch, sizeof(float) * kTokens * kWidth));
  CHECK(cudaMemsetAsync(buffers.counts, 0, sizeof(int) * kExperts, stream));
  route<<<blocks(kTokens), kThreads, 0, stream>>>(buffers.expert, buffers.counts);
  int counts[kExperts];
  CHECK(cudaStreamSynchronize(stream));
  CHECK(cudaMemcpy(counts, buffers.counts, sizeof counts, cudaMemcpyDeviceToHost));
  for (int expert = 0; expert < kExperts; ++expert)
    if (counts[expert] > 0)
      applyExpert<<<blocks(kTokens * kWidth), kThreads, 0, stream>>>(buffers.in, scratch,
                                                                     buffers.expert, expert);
  CHECK(cudaMemcpyAsync(buffers.out, scratch, sizeof(float) * kTokens * kWidth,
                        cudaMemcpyDeviceToDevice, stream));
  CHECK(cudaFree(scratch));
}

void goodStep(const Buffers &buffers, cudaStream_t stream) {
  CHECK(cudaMemsetAsync(buffers.counts, 0, sizeof(int) * kExperts, stream));
  route<<<blocks(kTokens), kThreads, 0, stream>>>(buffers.expert, buffers.counts);
  applyExpert<<<blocks(kTokens * kWidth), kThreads, 0, stream>>>(buffers.in, buffers.out,
                                                                 buffers.expert, -1);
}

cudaGraphExec_t capture(const Buffers &buffers, cudaStream_t stream) {
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t exec = nullptr;
  CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  goodStep(buffers, stream);
  CHECK(cudaStreamEndCapture(stream, &graph));
  CHECK(cudaGraphInstantiate(&exec, graph, 0));
  CHECK(cudaGraphDestroy(graph));
  return exec;
}

bool isRight(const Buffers &buffers) {
  std::vector<float> out(static_cast<std::size_t>(kTokens) * kWidth);
  CHECK(cudaMemcpy(out.data(), buffers.out, out.size() * sizeof(float), cudaMemcpyDeviceToHost));
  double sum = 0, expected = 0;
  for (const float value : out) sum += value;
  for (int token = 0; token < kTokens; ++token) expected += kWidth * (token * 7 % kExperts + 1);
  std::printf("sum %.0f, expected %.0f\n", sum, expected);
  return std::fabs(sum - expected) < 0.5;
}

int burst(long launches) {
  for (long i = 0; i < launches; ++i) nothing<<<1, 32>>>();
  CHECK(cudaGetLastError());
  CHECK(cudaDeviceSynchronize());
  std::printf("%ld launches\n", launches);
  return 0;
}

} // namespace

int main(int argc, char **argv) {
  const char *form = argc > 1 ? argv[1] : "bad";
  const long count = argc > 2 ? std::atol(argv[2]) : 0;
  if (std::strcmp(form, "burst") == 0) return burst(count > 0 ? count : 1'000'000);
  const bool graph = std::strcmp(form, "graph") == 0;
  const bool good = std::strcmp(form, "good") == 0;
  if (!graph && !good && std::strcmp(form, "bad") != 0) {
    std::fprintf(stderr, "usage: hotloop-expert-loop bad|good|graph|burst [steps]\n");
    return 2;
  }
  const Buffers buffers = makeBuffers();
  cudaStream_t stream = nullptr;
  CHECK(cudaStreamCreate(&stream));
  cudaGraphExec_t exec = graph ? capture(buffers, stream) : nullptr;
  for (long step = 0; step < (count > 0 ? count : 40); ++step) {
    hotloop_step_begin(step);
    if (graph)
      CHECK(cudaGraphLaunch(exec, stream));
    else if (good)
      goodStep(buffers, stream);
    else
      badStep(buffers, stream);
    hotloop_step_end();
  }
  CHECK(cudaStreamSynchronize(stream));
  return isRight(buffers) ? 0 : 1;
}
