#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "analyzers/timeline/calibration.h"
#include "analyzers/timeline/edit.h"
#include "analyzers/timeline/timeline.h"

namespace hotloop::timeline {

// What the replay does at an anchor.
enum class ReplayOp : std::uint8_t {
  kHost, // only takes host time
  kLaunch,
  kPageable,
  kGraph,
  kSyncDevice, // argument: device, or kNoIndex for all
  kSyncStream, // argument: stream
  kSyncEvent,  // argument: event
  kFree,       // argument: device, or kNoIndex for all
  kRecord,     // argument: event; stream in `stream`
  kWait,       // argument: event; stream in `stream`
  kDefer,      // argument: event that gathers what the step's end waits for
  kStepWait,   // argument: the same event
};

// Predecessor that is not in the program: the end of the host so far. Threads that run beside the
// stepping one follow the border of each step with their first call in it.
inline constexpr std::uint32_t kCarry = 0xFFFFFFFFu;

// The steps of a timeline, changed by an edit, ready to be replayed at any host factor. Structure
// of arrays; times in ns. Host times are split into a part that scales with the factor and one that
// does not.
struct Program {
  std::vector<std::uint32_t> predecessor;
  std::vector<ReplayOp> op;
  std::vector<float> gapFixed, gapScaled, callFixed, callScaled;
  std::vector<std::uint32_t> argument;
  std::vector<std::uint16_t> stream; // of kRecord and kWait
  std::vector<std::uint16_t> thread;
  std::vector<std::uint32_t> workBegin;
  // Device work.
  std::vector<float> workTime;
  std::vector<std::uint8_t> workKind;
  std::vector<std::uint16_t> workStream;
  std::vector<std::uint32_t> workAwaits;     // event that it waits for by itself; kNoIndex
  std::vector<std::uint32_t> workEvent;      // event that its end is; kNoIndex
  std::vector<std::uint32_t> workCollective; // kNoIndex
  std::vector<float> workLate;               // recorded delay that nothing explains
  // kPageable: host start to device start, device start to host end.
  std::vector<std::array<float, 2>> pageable;
  std::vector<std::uint32_t> stepBegin; // first anchor of each step, and the end
  std::uint32_t streams = 0;
  std::vector<std::uint16_t> deviceOfStream;
  std::uint32_t devices = 0;
  std::uint32_t events = 0;
  std::uint32_t threads = 0;
  std::uint32_t collectives = 0;
  std::vector<std::uint8_t> beside; // by thread: runs beside the stepping one, not in turns

  std::size_t size() const { return op.size(); }
};

// Host time of a cudaGraphLaunch of so many nodes, ns.
constexpr double graphCall(double nodes) { return 12'000 + 350 * nodes; }

Program compile(const Timeline &timeline, const Calibration &calibration, const Edit *edit);

} // namespace hotloop::timeline
