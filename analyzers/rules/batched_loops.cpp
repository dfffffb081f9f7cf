#include "analyzers/rules/batched_loops.h"

namespace hotloop {

OccurrenceGroup *BatchedLoops::add(const CalledRun &run, const RepeatedLoop &loop) {
  const CalledOp &first = run.ops[loop.first];
  OccurrenceGroup *group = groups_.addOp(0, first.op);
  if (group == nullptr) return nullptr;
  group->count[groups_.positionOf(first.step)] += loop.turns - 1;
  if (!time_) time_.emplace(input_);
  const HostLoop forward = hostLoop(input_, run, loop.first, loop.last, loop.turns);
  for (const HostLoop &one : time_->withBackward(first.step, forward)) loops_[group].push_back(one);
  for (std::size_t k = loop.first + 1; k <= loop.last; ++k) groups_.extend(*group, run.ops[k].op);
  return group;
}

FixPlan BatchedLoops::takeFix(const OccurrenceGroup &group) {
  FixPlan fix;
  fix.kind = FixKind::kBatchLoops;
  fix.loops = std::move(loops_[&group]);
  fix.bounded = true;
  return fix;
}

} // namespace hotloop
