#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzers/compare/compare.h"
#include "cli/gate/profile_source.h"

namespace hotloop::cli {

// One counter per steady step in two runs; absent where a run cannot give it.
struct CounterChange {
  std::string name;  // "host_syncs"
  std::string title; // "would-be host syncs"
  std::optional<double> before, after;
  std::string whyNot; // when the two cannot be compared, else empty
  bool bytes = false;

  bool comparable() const { return whyNot.empty(); }
  bool differs() const;
};

// The same at one site. Sites are matched by file, line and function; a site whose function has
// only one left over on each side is taken to have moved.
struct SiteChange {
  std::string counter;
  Site site;      // in the second run, else in the first
  Site movedFrom; // empty when it did not move
  double before = 0, after = 0;
};

// A fact about the runs that is not the same: "torch version", "2.10.0", "2.11.0".
struct ConditionChange {
  std::string name, before, after;
};

struct RunDiff {
  std::vector<CounterChange> counters;
  std::vector<SiteChange> sites; // per counter, the largest change first
  std::vector<ConditionChange> conditions;
  TimeComparison time; // every nanosecond of the mean step with its owner; needs steady steps
  // Sentence, when the runs cannot be judged against each other; what can be compared is there all
  // the same, and nothing when a run has no steady steps.
  std::string whyNot;

  bool comparable() const { return whyNot.empty(); }
  bool differs() const; // any counter does
};

// Counters are medians per steady step and compared exactly; site counters are shown where they
// change by at least 0.01 per step.
RunDiff diffRuns(const LoadedProfile &before, const LoadedProfile &after);

} // namespace hotloop::cli
