#pragma once

#include <functional>
#include <vector>

#include <cuda_runtime_api.h>

#include "kernels/program/device_array.h"

namespace hotloop::kernels::program {

// Replays go before each measurement for so long: a clock that an earlier load has lowered is back
// then.
inline constexpr int kSettleMs = 30;

struct Spread {
  double low = 0, median = 0, high = 0; // 10th, 50th and 90th percentile, microseconds
};

// Captures each work once and times replays one by one, the works in turn: what they are compared
// by then meets the same clock rate and temperature. Cold: 256 MiB are read through before each
// replay.
class Timer {
public:
  explicit Timer(int repeats);
  ~Timer();
  Timer(const Timer &) = delete;
  Timer &operator=(const Timer &) = delete;

  cudaStream_t stream() const { return stream_; }
  using Work = std::function<void(cudaStream_t)>;
  std::vector<Spread> measure(const std::vector<Work> &works, bool cold);
  // Bytes per microsecond of a copy on the device, read and written counted.
  double copyRate();

private:
  cudaGraphExec_t capture(const Work &work);
  double replay(cudaGraphExec_t program, bool cold); // microseconds

  int repeats_;
  cudaStream_t stream_ = nullptr;
  cudaEvent_t begin_ = nullptr, end_ = nullptr;
  DeviceArray flush_;
};

} // namespace hotloop::kernels::program
