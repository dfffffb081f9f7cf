#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/report/finding.h"
#include "core/report/number_format.h"
#include "core/report/report.h"

// What `hotloop check` and `hotloop ab` say, free of how it is written. Filled by analyzers/gate
// and the command line, written by gate_text.h, gate_json.h, ci_formats.h and gate_html.h.
namespace hotloop {

enum class GateStatus : std::uint8_t {
  kOk,
  kImproved,     // less than before: never a failure
  kMoved,        // the same work at another place
  kAllowed,      // would have failed; an allow entry covers it
  kSkipped,      // not gated, with the reason
  kWarn,         // reported, does not fail
  kInconclusive, // noise hides the answer
  kFail,
  kError, // not comparable or nothing measured: never green
};
// "ok", "improved", ... as in JSON.
std::string gateStatusName(GateStatus status);

enum class GateUnit : std::uint8_t { kCount, kBytes, kMilliseconds, kNone };

// One thing that was judged.
struct GateRow {
  std::string verdict; // "HG001"; empty when there is nothing to report
  GateStatus status = GateStatus::kOk;
  std::string level;     // run | step | phase | site | budget | time
  std::string counter;   // metrics catalogue, "step.body", ...; empty at level run
  std::string phase;     // range path
  std::string kernel;    // glob of a budget of kernels; else empty
  Site site;             // at level site; elsewhere the place that explains the row, if known
  std::string op;        // operator or call there
  std::string stability; // constant | periodic | bounded | noisy; empty: not learned
  bool provisional = false;
  GateUnit unit = GateUnit::kCount;
  std::optional<double> base, now; // per steady step
  std::string limit;               // "+0", "max 120", "+5 %"
  std::string message;             // one sentence; empty when all is well
};

// A time compared over pairs of runs.
struct GateTime {
  std::string metric; // step.body | step.p90 | phase.body | phase.p90
  double baseMs = 0, nowMs = 0;
  double change = 0, low = 0, high = 0; // relative: 0.055 is +5.5 %
  double p = 1;                         // of "not slower"
  double effect = 0;                    // what the rule is meant to catch
  int pairs = 0;
  int morePairs = 0;         // needed to decide, where known; 0 unknown or decided
  std::string verdict;       // pass | regression | inconclusive | advisory
  double smallestEffect = 0; // that this many pairs at this noise can see
  std::string phase;         // at phase.*: glob of the budget that asked for it
};

// "step.body", "phase.p90 optimizer/**".
std::string gateTimeTitle(const GateTime &time);

// A part of the change of the step, per step in ms. The parts add up to the change.
struct GateCause {
  std::string category, phase, opPath, family;
  Site site;
  double deltaMs = 0, share = 0; // share of the step's change
  double countMs = 0, unitMs = 0, exposureMs = 0;
  double countBefore = 0, countAfter = 0;
};

struct GateReport {
  std::string command = "check"; // verb that made it
  ReportRun run;
  StepFigures steps;
  std::string deviceClass;
  std::string commit;
  std::string baseline; // "main (9f8e7d6, 3 days old, 5 runs)"
  std::string baselineFile;
  bool provisional = false;
  std::vector<std::string> notes; // whole sentences
  std::vector<GateRow> rows;      // worst first, then by level
  std::vector<GateTime> times;
  std::vector<std::vector<double>> pairs; // per time: log ratios, for anyone to test again
  std::optional<double> stepDeltaMs;      // change of the mean step
  std::vector<GateCause> causes;          // largest first
  std::vector<QualityNote> quality;
  ReportExit exit;
  TimeUnit unit = TimeUnit::kMilliseconds; // of times for people: text, Markdown, HTML
  std::string next;                        // a command to go on with

  std::size_t count(GateStatus status) const;
};

// Adds to failures at sites the share of the step's slow-down that `causes` find in their function.
void explainShares(GateReport &report);

// Sorts the rows and sets `exit`: 3 with an error, 1 with a failure, 4 when inconclusive and
// `inconclusiveFails`, else 0.
void concludeGate(GateReport &report, bool inconclusiveFails);

} // namespace hotloop
