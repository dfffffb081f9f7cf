// The odd things that a CUDA program may do, for tools/gpu_check: `hotloop-cuda-cases <case>`. Each
// marks steps, launches `work` and ends in the way that its name says.
#include <cuda.h>
#include <cuda_runtime.h>
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "include/hotloop/hotloop.h"

namespace {

void check(cudaError_t error) {
  if (error == cudaSuccess) return;
  std::fprintf(stderr, "hotloop-cuda-cases: %s\n", cudaGetErrorString(error));
  std::exit(50);
}

__global__ void work(int *at) {
  if (at) atomicAdd(at, 1);
}
__global__ void fault() { *static_cast<volatile int *>(nullptr) = 1; }
__global__ void forever() {
  for (volatile int i = 0;; i = i + 1) {
  }
}

void steps(int count, cudaStream_t stream = nullptr) {
  for (int i = 0; i < count; ++i) {
    hotloop_step_begin(i);
    for (int j = 0; j < 10; ++j) work<<<1, 32, 0, stream>>>(nullptr);
    check(cudaStreamSynchronize(stream));
    hotloop_step_end();
  }
}

int manyThreads() {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([] {
      cudaStream_t stream;
      check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
      steps(20, stream);
      check(cudaStreamDestroy(stream));
    });
  for (auto &thread : threads) thread.join();
  return 0;
}

int eventsBetweenStreams() {
  cudaStream_t a, b;
  cudaEvent_t event;
  check(cudaStreamCreate(&a));
  check(cudaStreamCreate(&b));
  check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
  for (int i = 0; i < 20; ++i) {
    hotloop_step_begin(i);
    work<<<1, 32, 0, a>>>(nullptr);
    check(cudaEventRecord(event, a));
    check(cudaStreamWaitEvent(b, event, 0));
    work<<<1, 32, 0, b>>>(nullptr);
    check(cudaEventSynchronize(event));
    check(cudaStreamSynchronize(b));
    hotloop_step_end();
  }
  return 0;
}

int allocations() {
  for (int i = 0; i < 10; ++i) {
    hotloop_step_begin(i);
    void *device = nullptr, *pinned = nullptr, *ordered = nullptr, *managed = nullptr;
    check(cudaMalloc(&device, 1 << 20));
    check(cudaMallocHost(&pinned, 1 << 20));
    check(cudaMallocAsync(&ordered, 1 << 20, nullptr));
    check(cudaMallocManaged(&managed, 1 << 20));
    std::vector<char> host(1 << 20);
    check(cudaHostRegister(host.data(), host.size(), 0));
    check(cudaMemcpy(device, pinned, 1 << 20, cudaMemcpyHostToDevice));
    check(cudaMemcpy(host.data(), device, 1 << 20, cudaMemcpyDeviceToHost));
    check(cudaMemset(device, 0, 1 << 20));
    check(cudaHostUnregister(host.data()));
    check(cudaFreeAsync(ordered, nullptr));
    check(cudaFree(managed));
    check(cudaFreeHost(pinned));
    check(cudaFree(device));
    hotloop_step_end();
  }
  return 0;
}

int severalContexts() {
  steps(5);
  // The driver is not linked: machines that build have none.
  void *driver = dlopen("libcuda.so.1", RTLD_NOW);
  const auto create =
      reinterpret_cast<decltype(&::cuCtxCreate_v4)>(dlsym(driver, "cuCtxCreate_v4"));
  const auto destroy =
      reinterpret_cast<decltype(&::cuCtxDestroy)>(dlsym(driver, "cuCtxDestroy_v2"));
  if (!create || !destroy) return 51;
  CUcontext context;
  for (int i = 0; i < 3; ++i) {
    CUctxCreateParams none{};
    if (create(&context, &none, 0, 0) != CUDA_SUCCESS) return 51;
    work<<<1, 32>>>(nullptr);
    check(cudaDeviceSynchronize());
    if (i == 1) work<<<1, 32>>>(nullptr); // destroyed with work under way
    destroy(context);
  }
  check(cudaSetDevice(0));
  steps(5);
  return 0;
}

int run(const std::string &name) {
  if (name == "threads") return manyThreads();
  if (name == "events") return eventsBetweenStreams();
  if (name == "allocations") return allocations();
  if (name == "contexts") return severalContexts();
  if (name == "fork-before") {
    const pid_t child = fork();
    if (child == 0) {
      steps(5);
      std::exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    steps(5);
    return status == 0 ? 0 : 52;
  }
  steps(20);
  if (name == "plain") return 0;
  if (name == "reset") {
    check(cudaDeviceReset());
    steps(5);
    return 0;
  }
  if (name == "fork-after") {
    const pid_t child = fork();
    if (child == 0) _exit(cudaDeviceSynchronize() == cudaSuccess ? 53 : 0); // CUDA forbids it
    int status = 0;
    waitpid(child, &status, 0);
    steps(5);
    return WEXITSTATUS(status);
  }
  if (name == "fault" || name == "sticky") {
    fault<<<1, 1>>>();
    const bool failed = cudaDeviceSynchronize() != cudaSuccess;
    if (name == "sticky")
      for (int i = 0; i < 100; ++i) work<<<1, 32>>>(nullptr); // all of them fail
    return failed ? 0 : 54;
  }
  if (name == "out-of-memory") {
    void *huge = nullptr;
    const bool failed = cudaMalloc(&huge, std::size_t(1) << 50) == cudaErrorMemoryAllocation;
    cudaGetLastError();
    steps(5);
    return failed ? 0 : 55;
  }
  if (name == "never-ends") {
    forever<<<1, 1>>>();
    return 0;
  }
  usleep(700'000); // longer than the collector's period
  if (name == "abort") std::abort();
  if (name == "_exit") _exit(3);
  if (name == "kill") raise(SIGKILL);
  if (name == "term") raise(SIGTERM);
  if (name == "int") raise(SIGINT);
  if (name == "throw") throw 1;
  if (name == "exec") return execl("/bin/true", "true", nullptr);
  if (name == "close-all") {
    for (int descriptor = 3; descriptor < 4096; ++descriptor) close(descriptor);
    _exit(0); // the driver cannot go on without them
  }
  std::fprintf(stderr, "hotloop-cuda-cases: no such case: %s\n", name.c_str());
  return 99;
}

} // namespace

int main(int argc, char **argv) { return run(argc > 1 ? argv[1] : "plain"); }
