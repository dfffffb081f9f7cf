#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cli/gate/clock_lock.h"
#include "cli/gate/profile_source.h"

namespace hotloop::cli {

// A program to be recorded again and again.
struct MeasuredProgram {
  std::string name;                     // "base", "candidate", "tf32=1"
  std::vector<std::string> command;     // program and arguments
  std::string folder;                   // to run in; empty: here
  std::optional<StepChoice> steps = {}; // else what the flags say
};

// What `record`s runs for ab, calibrate, sweep, bisect and selftest-gate: a folder for the run
// files (kept with --keep), what to do before and after each run, and how much time there is.
class Measurer {
public:
  // Flags: --keep, --prepare, --cleanup, --max-time (a setting), --warmup, --steps,
  // --lock-clocks.
  static Result<Measurer> create(const CommandContext &context, const std::string &maxTime);
  Measurer(Measurer &&other) noexcept;
  Measurer &operator=(Measurer &&) = delete;
  ~Measurer(); // removes the run files unless they are kept

  // One run. Errors (kNothingMeasured): the program failed, with the last lines of what it said; no
  // steady steps.
  Result<LoadedProfile> run(const MeasuredProgram &program, const std::string &label);
  // Has the time that was given run out?
  bool timeIsUp() const;
  const std::string &folder() const { return folder_; }

private:
  explicit Measurer(const CommandContext &context) : context_(context) {}
  const CommandContext &context_;
  std::string folder_;
  bool keep_ = false;
  StepChoice steps_;
  int number_ = 0;
  std::optional<std::chrono::steady_clock::time_point> end_;
  ClockLock clocks_;
};

// Their flags: --keep, --prepare, --cleanup, --max-time, --lock-clocks.
std::vector<FlagSpec> measureFlags();

// Steady step lengths in ms.
std::vector<double> stepLengths(const RunProfile &profile);
// Several runs of the same program as one: steps one after the other, owners added up.
RunProfile mergeProfiles(const std::vector<RunProfile> &runs);

// A copy of commit `ref` with its build, made once per commit and build command, in the cache
// folder. Errors: not a git repository, unknown ref, the build failed (with its last lines).
struct BuiltCommit {
  std::string commit, folder;
};
Result<BuiltCommit> buildCommit(const CommandContext &context, const std::string &ref,
                                const std::string &build);

} // namespace hotloop::cli
