#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analyzers/gate/run_profile.h"
#include "analyzers/gate/stability.h"
#include "core/base/result.h"

namespace hotloop {

// One counter of a baseline: a line of its file.
struct BaselineCounter {
  std::string counter;
  SeriesLevel level = SeriesLevel::kStep;
  std::string phase, file, function;
  std::vector<std::uint32_t> lines; // where it happened when it was learned; no part of the key
  std::string op;                   // most frequent operator there
  LearnedValues learned;
};

// What unchanged code does. Kept as hotloop-baseline/<name>.<device class>.toml by the command
// line.
struct Baseline {
  std::string name;
  std::string tool;   // version of hotloop
  std::string commit; // of the code it was learned from; may be empty
  std::string saved;  // 2026-11-25T22:00:00Z
  std::string command;
  std::string reason; // of the last accept
  Fingerprint fingerprint;
  std::int64_t runs = 0, steps = 0;
  std::vector<std::string> counted;
  std::vector<BaselineCounter> counters; // sorted by key
  // For information; times are never judged against a stored baseline.
  double stepMedianMs = 0, stepP90Ms = 0;

  bool provisional() const { return runs < 3; }
};

// Learns from runs of the same code on the same kind of machine. Errors (kNothingMeasured): a run
// without steady steps, runs whose counters mean different things.
Result<Baseline> learnBaseline(const std::vector<RunProfile> &runs);

// Names what makes counts of the two mean different things: device class, measured or would-be, how
// steps were found and operators recorded, the version of PyTorch. Empty when they are comparable.
// `also` gets what differs without changing counts (driver, Python, processor).
std::vector<std::string> countDifferences(const Fingerprint &base, const Fingerprint &now,
                                          std::vector<std::string> *also = nullptr);

} // namespace hotloop
