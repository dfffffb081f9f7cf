#pragma once

#include <functional>

#include <cuda_runtime_api.h>

#include "kernels/program/device_array.h"

namespace hotloop::kernels::program {

struct Spread {
  double low = 0, median = 0, high = 0; // 10th, 50th and 90th percentile, microseconds
};

// Captures `work` once and times replays one by one. Cold: `flush` is read through before each.
// Replays for 30 ms first: what ran before leaves its clock rate behind.
class Timer {
public:
  explicit Timer(int repeats);
  ~Timer();
  Timer(const Timer &) = delete;
  Timer &operator=(const Timer &) = delete;

  cudaStream_t stream() const { return stream_; }
  Spread measure(const std::function<void(cudaStream_t)> &work, bool cold);
  // Bytes per microsecond of a copy on the device, read and written counted.
  double copyRate();

private:
  int repeats_;
  cudaStream_t stream_ = nullptr;
  cudaEvent_t begin_ = nullptr, end_ = nullptr;
  DeviceArray flush_;
};

} // namespace hotloop::kernels::program
