#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "reference_moe/run/configuration.h"

// All that the reference needs of a GPU beyond LibTorch's operators. No LibTorch or CUDA type
// shows. device_cuda.cpp does it; device_none.cpp stands in where the build has no CUDA: there
// nothing is available, and the functions that need a device throw std::runtime_error.
namespace hotloop::moe {

// Device 0: its memory, and the types in which the kernels of this build run on it.
void probeDevice(Machine &machine);
std::string deviceName(); // "NVIDIA H100 80GB HBM3, driver CUDA 13.0"; "" without one

// LibTorch's caching allocator on device 0.
struct AllocatorState {
  std::int64_t bytes = 0, peakBytes = 0; // handed out now, and at most since resetPeak()
  std::int64_t events = 0;               // blocks handed out so far
  std::int64_t driverCalls = 0;          // cudaMalloc and cudaFree so far
  std::int64_t reservedPeakBytes = 0;    // held from the driver at most since resetPeak()
};
AllocatorState deviceAllocator();
void resetDevicePeak(); // also gives unused memory back to the driver
void synchronizeDevice();

// Work of this thread goes to a stream of its own for the lifetime of the object, and what the
// default stream held before comes first. With `use` false it does nothing.
class StreamScope {
public:
  explicit StreamScope(bool use);
  ~StreamScope();
  StreamScope(const StreamScope &) = delete;
  StreamScope &operator=(const StreamScope &) = delete;

private:
  struct Guard;
  std::unique_ptr<Guard> guard_;
};

// Memory that the graphs of one step share: they never run at the same time.
class GraphPool {
public:
  GraphPool();
  ~GraphPool();
  struct Id;
  const Id &id() const { return *id_; }

private:
  std::unique_ptr<Id> id_;
};

// The device work of one function as a CUDA graph. Capture and replay inside a StreamScope.
class CapturedGraph {
public:
  // Runs `work` without executing it. What cannot be captured throws.
  CapturedGraph(const GraphPool &pool, const std::function<void()> &work);
  ~CapturedGraph();
  CapturedGraph(const CapturedGraph &) = delete;
  CapturedGraph &operator=(const CapturedGraph &) = delete;

  void replay();
  std::int64_t kernels() const { return kernels_; } // kernel nodes
  std::int64_t nodes() const { return nodes_; }

private:
  struct Graph;
  std::unique_ptr<Graph> graph_;
  std::int64_t kernels_ = 0, nodes_ = 0;
};

bool capturing(); // this thread's stream is being captured

// One kernel on the current stream that runs for this long.
void spinDevice(double microseconds);
// One launch of an empty kernel.
void launchNothing();
// Pinned memory to the device, about this long at the rate measured on the first call.
void copyToDevice(double microseconds);

} // namespace hotloop::moe
