#pragma once

#include <array>
#include <cstdint>
#include <stop_token>
#include <string_view>
#include <vector>

#include "analyzers/steps/steps.h"
#include "core/trace/trace_view.h"

// Why the devices and the host stand still, exactly: causes add up to the idle time, to the
// nanosecond.
namespace hotloop {

enum class IdleCause : std::uint8_t {
  kAfterSync,     // the host waited for the device, which ran dry, and then started anew
  kLaunchBound,   // the host was busy with operators and launches
  kAllocation,    // the host was in cudaMalloc, cudaFree, cudaHostAlloc
  kInputPipeline, // the host waited for a data loader
  kBlockingCopy,  // the host was in a copy from or to pageable memory
  kOtherStream,   // work was there and waited for another stream or device
  kDeviceGap,     // work was there: the device went from one to the next
  kCollective,    // only communication ran
  kTail,          // at the end of the step after its last work
  kUnknown,       // nothing on record tells
};
inline constexpr std::size_t kIdleCauses = 10;
std::string_view idleCauseName(IdleCause cause); // "after_sync", ...
std::string_view idleCauseText(IdleCause cause); // for people

struct IdlePiece {
  std::int64_t start = 0, end = 0;
  IdleCause cause = IdleCause::kUnknown;
};

// One device in the window from the first steady step's start to the last one's end.
struct DeviceIdle {
  DeviceId device;
  std::int64_t start = 0, end = 0;
  std::int64_t busy = 0; // union of kernels, copies and fills; communication alone is not
  std::array<std::int64_t, kIdleCauses> byCause{}; // sums to end - start - busy
  std::vector<IdlePiece> pieces;                   // by time, without overlap
  std::int64_t idle() const { return end - start - busy; }
};

// Waiting time of a thread by what it waited for.
enum class HostWait : std::uint8_t { kKernels, kCopies, kCollectives, kNothing, kMemory };
inline constexpr std::size_t kHostWaits = 5;
std::string_view hostWaitName(HostWait wait);

struct HostWaiting {
  ThreadId thread;
  std::int64_t total = 0;                        // time in waiting calls inside of the window
  std::array<std::int64_t, kHostWaits> byWait{}; // sums to total
};

struct IdleAccount {
  std::vector<DeviceIdle> devices;
  std::vector<HostWaiting> threads;
  std::uint32_t steps = 0;
};

// Pure; a run without steady steps or device work gives an empty account, and so does one that
// `stop` interrupts.
IdleAccount accountIdle(const TraceView &trace, const Steps &steps,
                        const std::stop_token &stop = {});

} // namespace hotloop
