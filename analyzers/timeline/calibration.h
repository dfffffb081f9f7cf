#pragma once

#include <array>
#include <cstdint>

#include "analyzers/timeline/timeline.h"

namespace hotloop::timeline {

inline constexpr std::size_t kNoWorkBefore = kDeviceWorkKinds; // row of `follow` for a fresh stream

// Latencies of the machine, from the record: medians, ns. Observed delays of single pieces of work
// are not kept: a replay that stores them is exact by construction and proves nothing.
struct Calibration {
  std::array<double, kDeviceWorkKinds> launch{}; // from the end of the call to the start of its
                                                 // work on an empty stream
  // From the end of work of one kind to the start of queued work of another on the same stream.
  std::array<std::array<double, kDeviceWorkKinds>, kDeviceWorkKinds + 1> follow{};
  double anyFollow = 1200;  // of any two kinds
  double syncReturn = 4000; // from the end of what was waited for to the return of the call
  double syncCall = 3000;   // of a call that had nothing to wait for
  double launchCall = 6000; // of a launch
  double copyCall = 0;      // of cudaMemcpyAsync of pinned memory; 0 none seen
  double graphGap = 700;    // between works inside of a graph, as recorded
  double graphLatency = 12'000;
  double hostGap = 5'000; // median host time before a launch
  double quickLaunch = 0; // 25th percentile of ordinary launch calls; 0: fewer than 20
  // Host time between calls that scales with the host factor, per record in it: recording slows
  // records, not what the program does between them.
  double scaledPerRecord = 20'000;
  bool wholeHost = false; // pageable copies and allocations scale with the host factor too
  double deviceScale = 1; // unprofiled / recorded time of work on the device
};

Calibration calibrate(const TraceView &trace, const Timeline &timeline);

} // namespace hotloop::timeline
