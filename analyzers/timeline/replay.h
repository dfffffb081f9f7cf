#pragma once

#include <cstdint>
#include <vector>

#include "analyzers/timeline/program.h"

namespace hotloop::timeline {

struct ReplayOptions {
  double hostFactor = 1;
  double deviceFactor = 1;
  std::uint32_t firstStep = 0; // steps [firstStep, lastStep) of the program, over and over
  std::uint32_t lastStep = kNoIndex;
  int passes = 5;
};

struct ReplayResult {
  double period = 0;   // ns per step in the steady state
  double host = 0;     // the same of the host alone: equal to `period` when the host is the bound
  int passes = 0;      // that were made before one repeated the one before it
  bool settled = true; // collectives of several devices came to rest
};

// One pass in recorded order is enough: launches precede their work, records their waits. Repeated
// back to back, with the state of host and streams carried over, until a pass repeats the one
// before it, at most `passes` times. About 10 ns an anchor and pass. Source: whatif_h100 section 5.
ReplayResult replay(const Program &program, const Calibration &calibration,
                    const ReplayOptions &options);

} // namespace hotloop::timeline
