// A program that "uses CUDA": it plays calls and device work through libfakecupti.so.13, with the
// real libhotloop.so injected. `hotloop_cuda_target <mode> [number]`.
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "include/hotloop/hotloop.h"
#include "tests/support/fake_cupti/fake_cupti.h"

#ifdef HOTLOOP_STATIC_INJECTION
extern "C" int InitializeInjection();
#endif

namespace {

struct Fake {
  decltype(&::fakeCall) call = nullptr;
  decltype(&::fakeRecord) record = nullptr;
  decltype(&::fakeDeliver) deliver = nullptr;
  decltype(&::fakeGraphNode) graphNode = nullptr;
  decltype(&::fakeFatal) fatal = nullptr;
  decltype(&::fakeEnabledKinds) enabledKinds = nullptr;
  decltype(&::fakeEnabledCallbacks) enabledCallbacks = nullptr;
  decltype(&::fakeTimestamp) timestamp = nullptr;
} fake;

std::uint64_t now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(time.tv_nsec);
}

template <class Function> void find(void *library, const char *name, Function &function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (!function) {
    std::fprintf(stderr, "the fake has no %s\n", name);
    std::exit(97);
  }
}

// What the driver does in cuInit.
void initializeCuda() {
#ifdef HOTLOOP_STATIC_INJECTION
  InitializeInjection();
#else
  const auto initialize = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "InitializeInjection"));
  if (!initialize || initialize() != 1) std::exit(98);
#endif
  const char *path = std::getenv("HOTLOOP_CUPTI_PATH");
  void *library = path ? dlopen(path, RTLD_NOW) : nullptr;
  if (!library) std::exit(97);
  find(library, "fakeCall", fake.call);
  find(library, "fakeRecord", fake.record);
  find(library, "fakeDeliver", fake.deliver);
  find(library, "fakeGraphNode", fake.graphNode);
  find(library, "fakeFatal", fake.fatal);
  find(library, "fakeEnabledKinds", fake.enabledKinds);
  find(library, "fakeEnabledCallbacks", fake.enabledCallbacks);
  find(library, "fakeTimestamp", fake.timestamp);
}

template <class Inside>
std::uint32_t call(CUpti_CallbackDomain domain, CUpti_CallbackId id, const char *name,
                   const void *params, Inside inside, std::int32_t status = 0) {
  const FakeCall made{domain,
                      id,
                      name,
                      params,
                      status,
                      [](void *context, std::uint32_t correlation) {
                        (*static_cast<Inside *>(context))(correlation);
                      },
                      &inside};
  return fake.call(&made);
}
constexpr auto kRuntime = CUPTI_CB_DOMAIN_RUNTIME_API;
constexpr auto kDriver = CUPTI_CB_DOMAIN_DRIVER_API;
constexpr auto kNothing = [](std::uint32_t) {};

void kernel(std::uint32_t correlation, const char *name, std::uint32_t stream,
            std::uint32_t graph = 0, std::uint64_t node = 0, bool timed = true) {
  CUpti_ActivityKernel10 record{};
  record.kind = CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL;
  record.start = timed ? now() : 0;
  record.end = timed ? record.start + 1000 : 0;
  record.contextId = 1;
  record.streamId = stream;
  record.correlationId = correlation;
  record.gridX = record.gridY = record.gridZ = 2;
  record.blockX = 64;
  record.blockY = record.blockZ = 1;
  record.name = name;
  record.graphId = graph;
  record.graphNodeId = node;
  fake.record(&record, sizeof record);
}

void launch(const char *name, std::uint32_t stream, bool timed = true) {
  call(kRuntime, CUPTI_RUNTIME_TRACE_CBID___cudaLaunchKernel_v13000, "__cudaLaunchKernel", nullptr,
       [&](std::uint32_t correlation) {
         // The runtime calls the driver: no call of the program.
         call(kDriver, CUPTI_DRIVER_TRACE_CBID_cuLaunchKernel, "cuLaunchKernel", nullptr, kNothing);
         kernel(correlation, name, stream, 0, 0, timed);
       });
}

void readBack(std::uint32_t stream) {
  cudaMemcpyAsync_v3020_params params{};
  params.count = 4;
  params.kind = cudaMemcpyDeviceToHost;
  call(kRuntime, CUPTI_RUNTIME_TRACE_CBID_cudaMemcpyAsync_v3020, "cudaMemcpyAsync", &params,
       [&](std::uint32_t correlation) {
         CUpti_ActivityMemcpy6 record{};
         record.kind = CUPTI_ACTIVITY_KIND_MEMCPY;
         record.copyKind = 2;
         record.srcKind = 3;
         record.dstKind = 1;
         record.flags = 1;
         record.bytes = 4;
         record.start = now();
         record.end = record.start + 500;
         record.contextId = 1;
         record.streamId = stream;
         record.correlationId = correlation;
         fake.record(&record, sizeof record);
       });
  call(kRuntime, CUPTI_RUNTIME_TRACE_CBID_cudaStreamSynchronize_v3020, "cudaStreamSynchronize",
       nullptr, [&](std::uint32_t correlation) {
         CUpti_ActivitySynchronization2 record{};
         record.kind = CUPTI_ACTIVITY_KIND_SYNCHRONIZATION;
         record.type = CUPTI_ACTIVITY_SYNCHRONIZATION_TYPE_STREAM_SYNCHRONIZE;
         record.start = now();
         record.end = record.start + 2000;
         record.contextId = 1;
         record.streamId = stream;
         record.cudaEventId = CUPTI_SYNCHRONIZATION_INVALID_VALUE;
         record.correlationId = correlation;
         fake.record(&record, sizeof record);
       });
}

void memory(std::uint64_t address, std::uint64_t bytes, bool takes, int kind = 3) {
  call(kRuntime,
       takes ? CUPTI_RUNTIME_TRACE_CBID_cudaMalloc_v3020 : CUPTI_RUNTIME_TRACE_CBID_cudaFree_v3020,
       takes ? "cudaMalloc" : "cudaFree", nullptr, [&](std::uint32_t correlation) {
         CUpti_ActivityMemory4 record{};
         record.kind = CUPTI_ACTIVITY_KIND_MEMORY2;
         record.memoryOperationType = static_cast<CUpti_ActivityMemoryOperationType>(takes ? 1 : 2);
         record.memoryKind = static_cast<CUpti_ActivityMemoryKind>(kind);
         record.correlationId = correlation;
         record.address = address;
         record.bytes = bytes;
         record.timestamp = now();
         fake.record(&record, sizeof record);
       });
}

void oneStep(std::int64_t number, std::uint32_t stream) {
  hotloop_step_begin(number);
  launch("first", stream);
  launch("second", stream);
  readBack(stream);
  hotloop_step_end();
}

void work(std::uint32_t threads, std::int64_t steps) {
  std::vector<std::thread> workers;
  for (std::uint32_t t = 0; t < threads; ++t)
    workers.emplace_back([=] {
      for (std::int64_t i = 0; i < steps; ++i) oneStep(i, 7 + t);
      memory(0x1000 * (t + 1), 4096, true);
      memory(0x1000 * (t + 1), 4096, false);
      memory(0x9000, 64, true, 6); // a module's static variable
    });
  for (auto &worker : workers) worker.join();
}

void graphs() {
  for (std::uint64_t node = 1; node <= 3; ++node) fake.graphNode(5, 100 + node, 0);
  call(kRuntime, CUPTI_RUNTIME_TRACE_CBID_cudaGraphInstantiate_v12000, "cudaGraphInstantiate",
       nullptr, [](std::uint32_t) {
         for (std::uint64_t node = 1; node <= 3; ++node) fake.graphNode(6, 200 + node, 100 + node);
       });
  for (int replay = 0; replay < 4; ++replay)
    call(kRuntime, CUPTI_RUNTIME_TRACE_CBID_cudaGraphLaunch_v10000, "cudaGraphLaunch", nullptr,
         [](std::uint32_t correlation) {
           for (std::uint64_t node = 1; node <= 3; ++node)
             kernel(correlation, "in graph", 7, 6, 200 + node);
           CUpti_ActivityGraphTrace2 whole{};
           whole.kind = CUPTI_ACTIVITY_KIND_GRAPH_TRACE;
           whole.correlationId = correlation;
           whole.start = now();
           whole.end = whole.start + 3000;
           whole.graphId = 6;
           whole.contextId = 1;
           whole.streamId = 7;
           fake.record(&whole, sizeof whole);
         });
}

void others() {
  CUpti_ActivityDevice5 device{};
  device.kind = CUPTI_ACTIVITY_KIND_DEVICE;
  device.name = "Fake GPU";
  device.numMultiprocessors = 132;
  device.computeCapabilityMajor = 9;
  device.coreClockRate = 1'980'000;
  fake.record(&device, sizeof device);
  launch("late", 7);
  CUpti_ActivityOverhead3 overhead{};
  overhead.kind = CUPTI_ACTIVITY_KIND_OVERHEAD;
  overhead.overheadKind = CUPTI_ACTIVITY_OVERHEAD_LAZY_FUNCTION_LOADING;
  overhead.objectKind = CUPTI_ACTIVITY_OBJECT_THREAD;
  overhead.objectId.pt.threadId = static_cast<std::uint32_t>(gettid());
  overhead.start = now();
  overhead.end = overhead.start + 7000;
  fake.record(&overhead, sizeof overhead);
  CUpti_ActivityCudaEvent2 event{};
  event.kind = CUPTI_ACTIVITY_KIND_CUDA_EVENT;
  event.streamId = 7;
  event.contextId = 1;
  event.eventId = 3;
  event.cudaEventSyncId = 11;
  fake.record(&event, sizeof event);
  call(kRuntime, CUPTI_RUNTIME_TRACE_CBID_cudaMalloc_v3020, "cudaMalloc", nullptr, kNothing, 2);
  call(kDriver, CUPTI_DRIVER_TRACE_CBID_cuMemCreate, "cuMemCreate", nullptr,
       [](std::uint32_t correlation) {
         CUpti_ActivityMemory4 record{};
         record.kind = CUPTI_ACTIVITY_KIND_MEMORY2;
         record.memoryOperationType = CUPTI_ACTIVITY_MEMORY_OPERATION_TYPE_ALLOCATION;
         record.memoryKind = CUPTI_ACTIVITY_MEMORY_KIND_DEVICE;
         record.correlationId = correlation;
         record.bytes = 1 << 20;
         record.timestamp = now();
         fake.record(&record, sizeof record);
       });
}

int childWork() {
  launch("in child", 9);
  fake.deliver(false);
  return 0;
}

int run(const std::string &mode, std::int64_t number) {
  if (mode == "fork-before") { // the child is the one that uses CUDA
    const pid_t child = fork();
    if (child == 0) {
      initializeCuda();
      oneStep(0, 7);
      std::exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status == 0 ? 0 : 1;
  }
  initializeCuda();
  if (mode == "kinds") {
    std::printf("%u %u %d\n", fake.enabledKinds(), fake.enabledCallbacks(),
                fake.timestamp() > 0 ? 1 : 0);
    return 0;
  }
  if (mode == "work") return work(static_cast<std::uint32_t>(number), 50), 0;
  if (mode == "reverse") return work(2, number), fake.deliver(true), 0;
  if (mode == "graphs") return graphs(), 0;
  if (mode == "others") return others(), 0;
  if (mode == "burst") {
    for (std::int64_t i = 0; i < number; ++i) launch("burst", 7);
    return 0;
  }
  if (mode == "no-times") return launch("timed", 7), launch("never ended", 7, false), 0;
  if (mode == "fatal") {
    oneStep(0, 7);
    fake.deliver(false);
    fake.fatal();
    for (std::int64_t i = 1; i < number; ++i) oneStep(i, 7);
    return 0;
  }
  if (mode == "twice") return initializeCuda(), initializeCuda(), oneStep(0, 7), 0;
  if (mode == "fork-after") {
    oneStep(0, 7);
    const pid_t child = fork();
    if (child == 0) std::exit(childWork());
    int status = 0;
    waitpid(child, &status, 0);
    oneStep(1, 7);
    return status == 0 ? 0 : 1;
  }
  if (mode == "window") { // every step works, whatever the window
    for (std::int64_t i = 0; i < number; ++i) {
      oneStep(i, 7);
      usleep(1000);
    }
    return 0;
  }
  if (mode == "timed") { // for `number` ms
    const std::uint64_t end = now() + static_cast<std::uint64_t>(number) * 1'000'000u;
    for (std::int64_t i = 0; now() < end; ++i) {
      oneStep(i, 7);
      usleep(1000);
    }
    return 0;
  }
  if (mode == "children") { // as DataLoader workers are
    oneStep(0, 7);
    for (int i = 0; i < 4; ++i)
      if (fork() == 0) _exit(childWork());
    int failed = 0;
    for (int status = 0; wait(&status) > 0;) failed += status != 0 ? 1 : 0;
    oneStep(1, 7);
    return failed;
  }
  if (mode == "per-thread-streams") {
    call(kRuntime, CUPTI_RUNTIME_TRACE_CBID___cudaLaunchKernel_ptsz_v13000,
         "__cudaLaunchKernel_ptsz", nullptr,
         [](std::uint32_t correlation) { kernel(correlation, "ptsz", 9); });
    call(kRuntime, CUPTI_RUNTIME_TRACE_CBID_cudaMemcpy_ptds_v7000, "cudaMemcpy_ptds", nullptr,
         kNothing);
    call(kDriver, CUPTI_DRIVER_TRACE_CBID_cuMemAlloc_v2, "cuMemAlloc_v2", nullptr, kNothing);
    return 0;
  }
  if (mode == "unload") { // libraries come and go between calls
    for (int i = 0; i < 20; ++i) {
      if (void *library = dlopen("libm.so.6", RTLD_NOW)) dlclose(library);
      oneStep(i, 7);
    }
    return 0;
  }
  if (mode == "survive") { // tells its pid, works on until the file named by FAKE_STOP is there
    std::printf("%d\n", getpid());
    std::fflush(stdout);
    const char *stop = std::getenv("FAKE_STOP");
    for (std::int64_t i = 0; stop && access(stop, F_OK) != 0 && i < 2'000'000; ++i) oneStep(i, 7);
    return 0;
  }
  oneStep(0, 7);
  fake.deliver(false);
  usleep(300'000);
  if (mode == "exec") return execl("/bin/true", "true", nullptr);
  if (mode == "abort") std::abort();
  if (mode == "_exit") _exit(3);
  if (mode == "kill") raise(SIGKILL);
  if (mode == "term") raise(SIGTERM);
  if (mode == "int") raise(SIGINT);
  if (mode == "throw") throw 1;
  if (mode == "close-all") {
    for (int descriptor = 3; descriptor < 1000; ++descriptor) close(descriptor);
    oneStep(1, 7);
    return 0;
  }
  return 99;
}

} // namespace

int main(int argc, char **argv) {
  return run(argc > 1 ? argv[1] : "", argc > 2 ? std::atoll(argv[2]) : 4);
}
