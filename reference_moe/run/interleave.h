#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "reference_moe/run/json.h"
#include "reference_moe/run/trainer.h"

namespace hotloop::moe {

// One of several configurations that are timed in turn.
struct Contender {
  std::string name;
  Configuration configuration;
  std::unique_ptr<Trainer> trainer;
  std::int64_t stepsDone = 0;
  std::vector<double> milliseconds; // per round: mean time of a step, the device's work included
};

// "preset", "toggle=value,..." or "preset,toggle=value,...": toggles over `base`. A toggle that a
// preset brings and that cannot run here is replaced, with a sentence in `notes`.
Result<Toggles> parseComparison(std::string_view text, const Configuration &base,
                                const Machine &machine, std::vector<std::string> &notes);

// The same for a contender of a bench, which may also differ by "unsafe=item+print" and
// "delay=host:router=50": habits and a slow-down of its own.
Result<Configuration> parseContender(std::string_view text, const Configuration &base,
                                     const Machine &machine, std::vector<std::string> &notes);

// Makes the trainers that are missing and runs the warm-up of each; with graphs also the capture.
Result<void> warmUp(std::vector<Contender> &contenders, std::int64_t steps);

// `rounds` rounds of `steps` steps of each. Every other round runs backwards, so that a drift of
// the machine favours nobody. Progress goes to stderr.
Result<void> runRounds(std::vector<Contender> &contenders, std::int64_t rounds, std::int64_t steps);

// Time of `first` over time of `other`, round by round: how many times faster the other is.
std::vector<double> ratiosTo(const Contender &first, const Contender &other);

// {"median": .., "p10": .., "p90": ..}
Json spread(const std::vector<double> &values);

// Device, processor, versions: what figures must be read with.
Json machineJson(const Configuration &configuration);

} // namespace hotloop::moe
