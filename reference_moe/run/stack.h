#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reference_moe/run/inspect.h"
#include "reference_moe/run/interleave.h"
#include "reference_moe/run/measure.h"

// The guide's table of combined optimizations: each rung adds one to the rung before.
namespace hotloop::moe {

struct Rung {
  std::string name;
  Toggles toggles;
  std::optional<double> claimedSpeedup, claimedMemory; // the guide's, against its baseline
  std::string note;                                    // what stands in for what the guide names
};

// The rungs of the mode and device, from the baseline on; every one can run here.
std::vector<Rung> stackOf(const Configuration &base, const Machine &machine);

struct RungResult {
  Rung rung;
  std::vector<double> milliseconds; // per round
  std::vector<double> speedups;     // per round, against the first rung
  StepCounts counts;                // of one steady step
  std::int64_t activationBytes = 0; // StepMeter::peakActivation()
  std::int64_t processBytes = 0;    // StepMeter::processPeakBytes()
  Trainer::Persistent persistent;
  Accuracy accuracy;
};

// Counts and memory of each rung alone, its accuracy, then the times in turn.
Result<std::vector<RungResult>> measureStack(const Configuration &base, std::vector<Rung> rungs,
                                             std::int64_t rounds, std::int64_t steps);

// Why the measured figures of a rung differ from the guide's: sentences made from the figures.
std::vector<std::string> explain(const std::vector<RungResult> &all, std::size_t index,
                                 const Configuration &base, bool nativeBf16);

} // namespace hotloop::moe
