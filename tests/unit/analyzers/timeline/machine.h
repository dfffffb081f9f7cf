#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "analyzers/timeline/calibration.h"
#include "analyzers/timeline/timeline.h"
#include "core/trace/trace_view.h"

// A program and the machine that it runs on, as a discrete-event simulation: an oracle for the
// replay that shares no code and no idea with it (events in a heap instead of one pass in order).
namespace hotloop::test_support {

struct MachineOp {
  enum class Kind : std::uint8_t {
    kStep, // the border that a step ends with
    kLaunch,
    kGraph,
    kPageable,
    kSyncDevice, // the device of `stream`
    kSyncStream,
    kSyncEvent,
    kFree, // waits for the device of `stream`
    kRecord,
    kWait,
  };
  Kind kind = Kind::kLaunch;
  std::uint16_t thread = 0; // 0 and 1 take turns; 2 and above run beside, paced by the borders
  std::int64_t gap = 0;     // host time before it; of a beside thread's first: from the border on
  std::int64_t call = 0;    // host time in it when nothing has to be waited for
  std::uint16_t stream = 0;
  std::uint32_t event = 0;             // of records, waits and event synchronisations
  std::vector<std::int64_t> work = {}; // durations on the device; more than one: a graph
  DeviceWorkKind workKind = DeviceWorkKind::kKernel;
  int collective = -1; // number within the step
  // Changes.
  bool dropped = false;   // no call and no work; the host time before it stays
  bool unblocked = false; // does not wait
  bool deferred = false;  // waits at the end of its step
};
using MachineStep = std::vector<MachineOp>; // beside threads first; ends with kStep

struct Machine {
  std::vector<std::uint16_t> deviceOfStream = {0};
  std::int64_t launch = 2'000;     // from the end of a call to its work on an empty stream
  std::int64_t follow = 1'200;     // between works of a stream
  std::int64_t syncReturn = 2'500; // at most syncCall: a wait for what is done takes that long
  std::int64_t syncCall = 3'000;
  std::int64_t toDevice = 6'000; // pageable copies: from the call to the first byte, and from there
  std::int64_t toReturn = 5'000; // to the return
  std::int64_t graphGap = 700;
  std::int64_t graphLatency = 9'000;

  timeline::Calibration calibration() const; // what a perfect one would find
};

struct MachineRun {
  struct Done {
    std::int64_t start = 0, end = 0;                    // of the call
    std::vector<std::array<std::int64_t, 2>> work = {}; // start, end
  };
  std::vector<std::vector<Done>> steps; // as the ops
  // When the host has passed the border of step i and all work asked for until then is done.
  std::vector<std::int64_t> finished;
};
MachineRun runMachine(const Machine &machine, const std::vector<MachineStep> &steps);

// What a profiler would record of it. The correlation of an op is its number, from 1, in order.
TraceView record(const Machine &machine, const std::vector<MachineStep> &steps,
                 const MachineRun &run);

} // namespace hotloop::test_support
