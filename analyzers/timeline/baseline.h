#pragma once

#include <optional>

#include "analyzers/timeline/program.h"
#include "analyzers/timeline/what_if.h"

namespace hotloop::timeline {

enum class FitOutcome : std::uint8_t {
  kFitted,   // the replay takes the unprofiled step time at this factor
  kBelow,    // even the fastest host is slower than that
  kAbove,    // even the slowest host is faster than that
  kFlat,     // the step does not react to the host: the factor cannot be told
  kNoTarget, // the unprofiled time is not known
};

struct FactorFit {
  double factor = 0.75;
  FitOutcome outcome = FitOutcome::kNoTarget;
};

struct BaselineInput {
  const Timeline &timeline;
  const Calibration &calibration;
  const Program &program; // unchanged
  const std::optional<Nanoseconds> &unprofiled;
  const std::optional<MachineProfile> &profile;
};

// Host factor of steps [first, last) of the program. Source: whatif_h100 section 4.
FactorFit fitFactor(const BaselineInput &input, std::uint32_t first = 0,
                    std::uint32_t last = kNoIndex);

// Where no host factor reaches the unprofiled step, more than the records ran at another speed: all
// of the host (what the program does between its calls, pageable copies), or host and device alike.
// Changes `calibration` and `program`, those of `input`, so that the step is reached; false:
// nothing does.
bool reachBeyondRecords(const BaselineInput &input, Calibration &calibration, Program &program);

// Period of the template's steps in the record, ns: from the end of host and device of one step to
// that of the next.
double recordedPeriod(const Timeline &timeline);

// Busy time of all devices / sum of their works; 1 where nothing overlaps.
double streamOverlap(const Timeline &timeline);

ReplayBaseline findBaseline(const BaselineInput &input, FactorFit &fit);

} // namespace hotloop::timeline
