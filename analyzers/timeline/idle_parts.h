#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "analyzers/steps/steps.h"
#include "analyzers/timeline/stretches.h"

// What the idle account is made from.
namespace hotloop::timeline {

// States of the host, of all threads of the process together.
struct HostStates {
  TimeSet allocation, copy, sync, input; // inside of such calls
  TimeSet silence;                       // long stretches without any record
  std::vector<std::int64_t> syncEnds;    // sorted: ends of calls that waited
  std::vector<std::int64_t> stepEnds;    // sorted
  TimeSet kernels, copies, collectives;  // of all devices
};

struct DevicePiece {
  static constexpr std::int64_t kNoLaunch = INT64_MIN;
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::int64_t launchEnd = kNoLaunch; // of the call that started it
  bool waits =
      false; // work of another stream or device ended when it began, or it was told to wait
};

struct DeviceView {
  DeviceId id;
  std::vector<TimeStretch> busy; // without communication
  TimeSet collectives;
  std::vector<DevicePiece> works; // by start, communication included
};

struct WaitingCall {
  std::int64_t start = 0;
  std::int64_t end = 0;
  bool memory = false; // in the allocator
};

struct IdleInput {
  HostStates host;
  std::vector<DeviceView> devices;
  std::vector<std::pair<ThreadId, std::vector<WaitingCall>>> waiting; // by thread, by start
};

IdleInput readIdleInput(const TraceView &trace, const Steps &steps, std::int64_t start,
                        std::int64_t end);

} // namespace hotloop::timeline
