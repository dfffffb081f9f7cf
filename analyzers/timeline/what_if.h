#pragma once

#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "analyzers/timeline/calibration.h"
#include "analyzers/timeline/edit.h"
#include "analyzers/timeline/timeline.h"
#include "core/report/finding.h"

// What a change of the program would give: a replay of the run's dependencies, as they are and
// changed, at the host speed of the unprofiled program.
namespace hotloop {

struct Prediction {
  double ms = 0, lowMs = 0, highMs = 0;       // new step time
  double gain = 0, gainLow = 0, gainHigh = 0; // 1 - new/old
  std::string trust;                          // high | medium | low; empty when abstained
  Bound bound = Bound::kNone;
  bool belowResolution = false;      // the interval holds zero, or a small gain of a
                                     // step whose bound is the host
  std::vector<std::string> warnings; // what lowers the trust
  std::string note;                  // what a reader should know about the change
  std::string abstained;             // reason; empty when there is a prediction
};

// What a machine costs, measured on it (hotloop calibrate-device). Zero: not measured.
struct MachineProfile {
  std::string device;
  double launchCallNs = 0; // an unprofiled cudaLaunchKernel
  double launchLatencyNs = 0;
  double pinnedBytesPerNs = 0, pageableBytesPerNs = 0, deviceBytesPerNs = 0;
  double fp32FlopsPerNs = 0, tf32FlopsPerNs = 0, bf16FlopsPerNs = 0;
};

struct WhatIfOptions {
  std::optional<Nanoseconds> unprofiled = {}; // T0; else the run's own, else none
  std::optional<MachineProfile> profile =
      {}; // else the figures of one H100 stand in, at lower trust
  TimelineOptions timeline = {};
  std::stop_token stop = {}; // asks to give up: nothing can be predicted then, see whyNone()
};

// The state of the step without a change.
struct ReplayBaseline {
  double recordedMs = 0;      // step period of the record
  double replayedMs = 0;      // the same, replayed with recorded host times
  double error = 0;           // replayed / recorded - 1
  double ms = 0;              // replayed at the host factor: what gains are fractions of
  double hostFactor = 1;      // unprofiled / recorded host time
  bool fitted = false;        // to T0; else from the launch times of the record
  bool hostBound = false;     // would the step be faster with a faster host?
  double hostOnlyMs = 0;      // bound if the device took no time
  double deviceOnlyMs = 0;    // bound if the host took no time
  std::vector<double> stepMs; // recorded period of each step of the template, replayed alone
};

class WhatIf {
public:
  WhatIf(const TraceView &trace, const Steps &steps, const WhatIfOptions &options = {});
  ~WhatIf();
  WhatIf(WhatIf &&) noexcept;
  WhatIf &operator=(WhatIf &&) noexcept;

  // Not empty: no prediction is possible on this run, and why. predict() then abstains with it.
  const std::string &whyNone() const;
  const TraceView &trace() const;
  const Timeline &timeline() const;
  const ReplayBaseline &baseline() const;
  const timeline::Calibration &calibration() const;
  const std::optional<Nanoseconds> &unprofiled() const; // T0, given or recorded
  const MachineProfile *profile() const;                // nullptr: none

  // Gain of `edit` alone. About 15 ms at 32,000 anchors.
  Prediction predict(const Edit &edit) const;

  // Which order of edits gives most, each gain on top of those before it (gains do not add up).
  struct Stacked {
    std::size_t edit = 0; // index in the input
    Prediction alone;
    Prediction together;   // of all up to and with this one
    double marginalMs = 0; // what this one adds
  };
  // Stops when the next one adds less than `leastMs`. At most a replay per pair of edits.
  std::vector<Stacked> greedy(std::span<const Edit> edits, double leastMs = 0) const;

  // What adding `delay` ns of host time before an anchor costs per step, per ns of delay: 1 on the
  // critical path, 0 off it.
  double marginalCost(std::uint32_t anchor, double delay) const;

  // What rules without a replay would say, as fractions of the recorded step: for comparison.
  struct Naive {
    double timeSum = 0;    // time of the calls that go, or of the host time where none do
    double idleInside = 0; // time in which the device stands still inside of what goes
  };
  Naive naive(const Edit &edit) const;

  // The same for a report: milliseconds per step, or why there are none. See core/report/finding.h.
  Gain gainOf(const Edit &edit) const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace hotloop
