#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/report/report.h"
#include "core/report/style.h"

// What `hotloop prove` found out: the state that --resume goes on with, and the result.
namespace hotloop::cli {

// A gain as it was predicted from the recording of the slow side. Gains: 1 - new/old.
struct CasePrediction {
  double gain = 0, low = 0, high = 0;
  std::string trust;     // high | medium | low; empty when abstained
  std::string bound;     // lower | upper | empty
  std::string abstained; // why there is no prediction; empty when there is one
  bool belowResolution = false;
  std::string how; // what predicted: "fix:graph", "rule:HL304", ...
  std::vector<std::string> warnings;
  // Rules without a replay, for comparison: the time of the calls that go, and the time in which
  // the device stands still inside of them.
  double timeSum = 0, idleInside = 0;
};

// Rounds of one process: step times of both sides, ms.
struct MeasuredRounds {
  std::vector<double> bad, good;
};

struct CaseMeasurement {
  std::vector<MeasuredRounds> processes; // in the order in which they ran
  // Not measured here but told by the suite (recordings that came with their truth).
  bool stored = false;
  double gain = 0, low = 0, high = 0; // 95 % interval
  double badMs = 0, goodMs = 0;       // medians
  bool any() const { return stored || !processes.empty(); }
  std::size_t rounds() const;
};

struct ProvedCase {
  std::string name, fixClass, good; // `good`: as the suite names the fast side
  CasePrediction prediction;
  CaseMeasurement measured;
  std::string failure; // why nothing was measured; empty where it was
};

// When and what was predicted, fixed before either side was compared.
struct Seal {
  std::string sha256; // of `text`
  std::string time;   // UTC
  std::string text;   // one line per case: name, gain, interval, trust
};

// A slow program with its recording and the fixes that can be switched in it.
struct ProvedProgram {
  std::string name, group, command;
  double unprofiledMs = 0; // T0, measured before the recording
  double recordedMs = 0, replayError = 0;
  bool hostBound = false, device = false; // did a GPU run?
  std::int64_t steadySteps = 0;
  std::string failure; // why it could not be recorded or read
  Seal seal;
  std::vector<ProvedCase> cases;
};

struct SkippedGroup {
  std::string name, reason;
};

struct ProveReport {
  std::string suite, made, toolVersion, machine;
  double width = 0.05; // wanted width of the measured interval
  std::vector<ProvedProgram> programs;
  std::vector<SkippedGroup> skipped;
  double seconds = 0; // spent, over all calls
  ReportExit exit;
};

// A measured interval wider than this decides nothing.
inline constexpr double kDecidable = 0.10;

std::string proveJson(const ProveReport &report);
// Errors: not the output of `hotloop prove --json`.
Result<ProveReport> readProveJson(const std::string &text, const std::string &path);
std::string proveText(const ProveReport &report, Style style);

} // namespace hotloop::cli
