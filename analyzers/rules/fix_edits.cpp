#include "analyzers/rules/fix_edits.h"

#include <algorithm>

#include <fmt/format.h>

#include "analyzers/steps/lanes.h"
#include "analyzers/timeline/transforms.h"

namespace hotloop {

namespace {

constexpr double kMaterialShare = 0.005; // of the step
constexpr double kMaterialMs = 0.02;

Edit none(std::string why) {
  Edit edit;
  edit.whyNone = std::move(why);
  return edit;
}

// Calls go with the operator that the program called for them; those outside of operators go alone.
Edit removeCalls(const WhatIf &whatIf, const RuleInput &input, std::span<const std::uint32_t> calls,
                 bool wholeLines) {
  std::vector<std::uint32_t> ops;
  Edit alone;
  const Timeline &timeline = whatIf.timeline();
  for (const std::uint32_t call : calls) {
    if (const std::uint32_t op = input.device.op[call]; op != kNoIndex) {
      ops.push_back(outermostOperator(input.ops, op));
      continue;
    }
    const auto &apis = input.trace->apis;
    for (std::uint16_t t = 0; t < timeline.threads.size(); ++t)
      if (timeline.threads[t].id == apis.lane[call])
        alone.cuts.push_back(
            {apis.start[call].count, endOf(apis.start[call], apis.duration[call]).count, t});
  }
  std::ranges::sort(ops);
  const auto repeated = std::ranges::unique(ops);
  ops.erase(repeated.begin(), repeated.end());
  if (ops.empty()) return alone;
  Edit edit = removeOps(whatIf, ops, wholeLines);
  return alone.cuts.empty() ? edit : combine({std::move(edit), std::move(alone)});
}

Edit fuse(const WhatIf &whatIf, const FixPlan &plan) {
  std::vector<Group> groups;
  for (const auto &ops : plan.groups) groups.push_back({ops});
  return fuseOps(whatIf, groups, plan.factor);
}

std::string milliseconds(const Gain::Estimate &estimate) {
  return fmt::format("{:.3f} ms [{:.3f}, {:.3f}]", estimate.ms, estimate.lowMs, estimate.highMs);
}

} // namespace

Edit editOf(const WhatIf &whatIf, const RuleInput &input, const RuleFinding &finding) {
  const FixPlan &plan = finding.fix;
  const bool own = !plan.calls.empty() || !plan.ops.empty();
  const auto &calls = own ? plan.calls : finding.calls;
  const auto &ops = own ? plan.ops : finding.ops;
  // Operators say more than the calls inside of them; calls alone are of programs without
  // operators.
  Where where;
  if (!ops.empty())
    where.ops = ops;
  else
    where.apis = calls;
  if (ops.empty() && calls.empty() && plan.kind != FixKind::kNone &&
      plan.kind != FixKind::kRemoveOps && plan.kind != FixKind::kFuseOps)
    return none("The finding names no records that a replay could change.");
  Edit edit;
  switch (plan.kind) {
  case FixKind::kNone:
    return none(plan.whyNone.empty() ? "No change of the recorded step stands for this fix."
                                     : plan.whyNone);
  case FixKind::kRemoveSync: edit = removeSyncs(whatIf, where); break;
  case FixKind::kRemoveCalls: edit = removeCalls(whatIf, input, calls, !plan.modelled); break;
  case FixKind::kAsyncCopy: edit = asyncCopies(whatIf, where); break;
  case FixKind::kMoveCopy: edit = moveCopies(whatIf, where); break;
  case FixKind::kOverlapStreams: edit = overlapStreams(whatIf); break;
  case FixKind::kRemoveAlloc: edit = removeAllocations(whatIf, where); break;
  case FixKind::kGraph: edit = graph(whatIf); break;
  case FixKind::kDropRecompute: edit = dropRecompute(whatIf); break;
  case FixKind::kRemoveOps:
    // Without operators: the time of the host that no record covers.
    edit = ops.empty() ? removeHostGaps(whatIf) : removeOps(whatIf, ops, false);
    break;
  case FixKind::kFuseOps: edit = fuse(whatIf, plan); break;
  case FixKind::kBatchLoops: edit = batchLoops(whatIf, plan.loops); break;
  case FixKind::kRetype: edit = retype(whatIf); break;
  }
  edit.modelled = edit.modelled || plan.modelled;
  return edit;
}

Judgement judgeByReplay(const WhatIf &whatIf, const RuleInput &input, const RuleFinding &finding) {
  Judgement judgement;
  if (!whatIf.whyNone().empty()) {
    judgement.gain.whyNone = whatIf.whyNone();
    return judgement;
  }
  const Edit edit = editOf(whatIf, input, finding);
  if (!edit.whyNone.empty()) {
    judgement.gain.whyNone = edit.whyNone;
    return judgement;
  }
  const Prediction prediction = whatIf.predict(edit);
  judgement.gain.whyNone = prediction.abstained;
  if (!prediction.abstained.empty()) return judgement;
  const double before = whatIf.baseline().ms;
  Gain::Estimate estimate{before - prediction.ms, before - prediction.highMs,
                          before - prediction.lowMs, prediction.trust};
  estimate.share = prediction.gain;
  estimate.bound = prediction.bound == Bound::kLower   ? "lower"
                   : prediction.bound == Bound::kUpper ? "upper"
                                                       : "";
  estimate.belowResolution = prediction.belowResolution;
  const double least = std::max(kMaterialShare * before, kMaterialMs);
  judgement.worth = Worth::kYes;
  if (estimate.ms < least) {
    judgement.worth = Worth::kNo;
    judgement.reason = fmt::format("The fix would give {} of a step of {:.2f} ms, below the "
                                   "threshold of {:.3f} ms.",
                                   milliseconds(estimate), before, least);
  } else if (prediction.belowResolution &&
             (prediction.bound != Bound::kLower || estimate.lowMs <= 0)) {
    // A lower bound that is small but surely above zero says nothing against the fix.
    judgement.worth = Worth::kNo;
    judgement.reason = fmt::format("The fix would give {} of a step of {:.2f} ms, which is below "
                                   "what this run can resolve.",
                                   milliseconds(estimate), before);
  }
  judgement.gain.estimate = std::move(estimate);
  return judgement;
}

} // namespace hotloop
