#pragma once

#include <cstdint>
#include <memory>

#include "core/base/result.h"
#include "reference_moe/run/trainer.h"

namespace hotloop::moe {

// What one step did. On a GPU: what LibTorch's own profiler saw of the driver. On the CPU, which
// launches nothing and waits for nothing: what a GPU would have been asked for, told from the
// operators.
struct StepCounts {
  std::int64_t launches = 0;      // kernel and graph launches; CPU: operators that would launch
  std::int64_t kernels = 0;       // kernels that ran, those inside a graph too; CPU: as launches
  std::int64_t graphLaunches = 0; // of the launches
  std::int64_t syncs = 0;         // waits of the host; CPU: operators that would wait
  std::int64_t copies = 0;        // copies between host and device and within the device
  std::int64_t copiesToHost = 0;  // of the copies
  std::int64_t allocations = 0;   // blocks asked of LibTorch's allocator
  std::int64_t driverCalls = 0;   // cudaMalloc, cudaFree; CPU: 0
  std::uint64_t signature = 0;    // of the kernels or operators, their order and (CPU) shapes
};

// Counts and memory of one trainer's steps. Make it before the trainer, so that it sees every
// allocation; use it on the trainer's thread. At most one at a time.
class StepMeter {
public:
  explicit StepMeter(Device device);
  ~StepMeter();
  StepMeter(const StepMeter &) = delete;
  StepMeter &operator=(const StepMeter &) = delete;

  Result<StepCounts> count(Trainer &trainer, std::int64_t index);

  // Runs two steps from `index` on, which it moves on. The most bytes in use meanwhile that are not
  // weights or their kept copies, gradients, optimizer state or data: activations and work memory.
  // A gradient counts as one from its first moment, whether it is made anew in every step or kept.
  // With graphs let the capture fall into these steps: the memory of a graph is taken then.
  Result<std::int64_t> peakActivation(Trainer &trainer, std::int64_t &index);

  std::int64_t bytes() const;     // handed out since construction and not given back
  std::int64_t peakBytes() const; // the most of it since resetPeak()
  // Resident memory of the process on the CPU, memory held from the driver on a GPU; at most since
  // resetPeak().
  std::int64_t processPeakBytes() const;
  void resetPeak();

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace hotloop::moe
