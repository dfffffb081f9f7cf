#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hotloop {

enum class GateLevel { kOff, kWarn, kError };

// What a budget allows one counter, per steady step. Absent: the built-in rule (nothing new).
struct CounterLimit {
  std::string counter;             // name in the metrics catalogue
  std::optional<double> max;       // absolute
  std::optional<double> maxNew;    // more than the baseline
  std::optional<double> maxGrowth; // share of the baseline: 0.01 is 1 %
  GateLevel level = GateLevel::kError;
  std::string text; // as it was written, for reports
};

struct TimeLimit {
  std::string metric;              // step.body | step.p90
  std::optional<double> maxMs;     // of the candidate's median run
  std::optional<double> maxGrowth; // against the base, over pairs of runs
  GateLevel level = GateLevel::kError;
  std::string text;
};

// First match wins, so specific budgets stand before general ones.
struct Budget {
  std::string phase = "**"; // glob; "**" is the whole step
  std::string kernel;       // glob on kernel families; empty: not about kernels
  std::vector<CounterLimit> counters;
  std::vector<TimeLimit> times;
  int line = 0; // in the file it comes from; 0: --max-regress
};
// "the budget in line 12", "--max-regress".
std::string budgetName(const Budget &budget);

// What is tolerated, for a reason and until a day.
struct AllowEntry {
  std::string rule;  // HG001, or empty: any
  std::string phase; // globs; empty: any
  std::string site;  // "train.py:checkpoint": file (or its end) and function
  double every = 0;  // tolerated once in so many steps; 0: always
  std::string until; // 2026-12-31, inclusive
  std::string reason;
  int line = 0;
};

struct GatePolicy {
  std::vector<Budget> budgets = {};
  std::vector<AllowEntry> allows = {};
  std::vector<std::string> failOn = {}; // counters whose growth fails; empty: all but operators
  bool oddStepsFail = false;            // a single odd step fails too
  bool mismatchWarns = false;           // compare runs of different kinds all the same
  bool lossWarns = false;               // judge although records were lost
  std::string today = {};               // 2026-11-25, for `until`
};

// "*" matches within a part of a path, "**" across parts, "?" one character.
bool globMatches(std::string_view glob, std::string_view text);
// "train.py:checkpoint", "tests/*", "train.py": file as a path or its end, function after the
// colon.
bool siteMatches(std::string_view glob, std::string_view file, std::string_view function);

// The verdict that more of a counter gives: "host_syncs" -> "HG001".
std::string_view verdictOf(std::string_view counter);
// What an id of a verdict says: "HG001" -> "new host sync". Empty for unknown ids.
std::string_view verdictTitle(std::string_view id);
// Every id, in order.
std::vector<std::string_view> verdictIds();

// The catalogue name of a counter as budgets and flags call it ("syncs", "bytes.h2d"); empty when
// there is none.
std::string_view counterOfAlias(std::string_view alias);
std::vector<std::string_view> counterAliases();
// Counters of a kernel's code, limited only by budgets of kernels: registers, spills.
bool isOfKernels(std::string_view counter);
bool isBytesCounter(std::string_view counter);
// "host_syncs" -> "host syncs".
std::string counterTitle(std::string_view counter);

} // namespace hotloop
