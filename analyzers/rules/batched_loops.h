#pragma once

#include <map>
#include <optional>

#include "analyzers/rules/loop_finder.h"
#include "analyzers/rules/occurrences.h"
#include "analyzers/rules/replaced_time.h"

namespace hotloop {

// Loops that one operator can stand for, with their backward pass: collects the places of a rule
// and the fix of each. `groups` must outlive it.
class BatchedLoops {
public:
  BatchedLoops(const RuleInput &input, OccurrenceGroups &groups) : input_(input), groups_(groups) {}

  // Counts the turns and claims the operators. Null as OccurrenceGroups::addOp().
  OccurrenceGroup *add(const CalledRun &run, const RepeatedLoop &loop);
  // The fix of a group; once.
  FixPlan takeFix(const OccurrenceGroup &group);

private:
  const RuleInput &input_;
  OccurrenceGroups &groups_;
  std::optional<ReplacedTime> time_; // looks at every operator: only for a run with loops
  std::map<const OccurrenceGroup *, std::vector<HostLoop>> loops_;
};

} // namespace hotloop
