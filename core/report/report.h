#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/report/change_plan.h"
#include "core/report/finding.h"
#include "core/report/report_table.h"

// What `advise` and `stats` say, free of how it is written: filled by a reader of runs (the command
// line, the viewer), written by advice_text.h, stats_text.h and report_json.h.
namespace hotloop {

// Which run a report is about.
struct ReportRun {
  std::string file;
  std::string command;     // of the program; may be empty
  std::string state;       // clean | truncated | running
  std::string toolVersion; // that recorded it
};

// Steps and counters per steady step (medians). A count that the run cannot give is absent.
struct StepFigures {
  std::int64_t total = 0;
  std::int64_t steady = 0;
  double periodMs = 0; // 0: unknown
  double durationMs = 0;
  double p10Ms = 0, p90Ms = 0;
  std::string source;  // api | nvtx | profiler | detected; empty without steps
  std::string whyNone; // sentence, when no step is steady

  std::optional<double> operators, launches, graphLaunches, kernels, hostSyncs, copies, allocations;
  std::optional<double> allocatedBytes;
  Felt felt = Felt::kWould; // of launches and hostSyncs
};

struct QualityNote {
  std::string name;
  std::string severity; // info | notice | data_loss | error
  std::int64_t count = 0;
  std::string message;
};

// The reason of rules that the user left out: nothing that a run lacks.
inline constexpr std::string_view kSwitchedOff = "Switched off for this analysis.";

struct UncheckedRule {
  std::string rule;
  std::string reason;
};

struct ReportExit {
  int code = 0;
  std::string reason; // "ok", "no-steady-steps", ...
};

struct AdviceReport {
  ReportRun run;
  StepFigures steps;
  std::vector<QualityNote> quality;
  std::vector<Finding> findings; // most valuable first; rank = place + 1
  std::vector<Finding> notWorth;
  std::vector<Finding> unresolved; // may be worth it: the run cannot tell
  std::vector<Finding> seldom;     // seen, but not in the usual step
  std::optional<ChangePlan> plan;
  std::vector<UncheckedRule> notChecked;
  ReportExit exit;
};

struct StatsReport {
  ReportRun run;
  StepFigures steps;
  std::vector<QualityNote> quality;
  std::vector<ReportTable> tables;
  ReportExit exit;
  TimeUnit unit = TimeUnit::kMilliseconds; // for people
};

// "measured" or "would": the words of the JSON outputs.
std::string feltName(Felt felt);

} // namespace hotloop
