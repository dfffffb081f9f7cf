#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analyzers/timeline/what_if.h"
#include "cli/command.h"
#include "cli/prove/prove_suite.h"
#include "core/base/result.h"

// Step times of programs that nobody records: nothing but the marks of their steps is.
namespace hotloop::cli {

using Deadline = std::chrono::steady_clock::time_point;

// What runs programs for `hotloop prove`: a folder for recordings and logs, a time when all ends.
struct ProveRunner {
  const CommandContext &context;
  std::string folder;
  Deadline end;
  std::optional<MachineProfile> profile = {}; // what predictions may rest on besides the recording
  double secondsLeft() const;
};

// One bench process over `names`: step times in ms of each round, by name. Errors
// (kNothingMeasured): it failed, with the last lines of what it said; its output is not understood.
Result<std::map<std::string, std::vector<double>>>
runBench(const ProveRunner &runner, const SuiteGroup &group, const std::vector<std::string> &names);

// The mean step of one run of a program that marks its steps, in ms: over the distances of the
// starts of steady steps, since a program that waits for no device runs ahead of it for some steps.
// Errors (kNothingMeasured): it failed, or it marks no steps.
Result<double> runMarked(const ProveRunner &runner, const std::vector<std::string> &command);

// Records a program into `path`. Errors (kNothingMeasured): it failed.
Result<void> recordProgram(const ProveRunner &runner, const std::vector<std::string> &command,
                           const std::string &path);

} // namespace hotloop::cli
