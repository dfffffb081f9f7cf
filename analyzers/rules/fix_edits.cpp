#include "analyzers/rules/fix_edits.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "analyzers/steps/lanes.h"
#include "analyzers/timeline/transforms.h"

namespace hotloop {

namespace {

constexpr double kMaterialShare = 0.005; // of the step
constexpr double kMaterialMs = 0.02;
constexpr double kSureShare = 0.05; // of the step: a lower bound of this size is a finding

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
    const std::uint16_t thread = timeline.threadOf(apis.lane[call]);
    if (thread < timeline.threads.size())
      alone.cuts.push_back(
          {apis.start[call].count, endOf(apis.start[call], apis.duration[call]).count, thread});
  }
  std::ranges::sort(ops);
  const auto repeated = std::ranges::unique(ops);
  ops.erase(repeated.begin(), repeated.end());
  if (ops.empty()) return alone;
  Edit edit = removeOps(whatIf, ops, wholeLines);
  return alone.cuts.empty() ? edit : combine({std::move(edit), std::move(alone)});
}

// How much less the fused kernel takes is known with a profile of the machine only. Without one it
// takes as long as its parts: what it gives is then a lower bound.
Edit fuse(const WhatIf &whatIf, const FixPlan &plan) {
  std::vector<Group> groups;
  for (const auto &ops : plan.groups) groups.push_back({ops});
  const bool modelled = plan.factor < 1 && whatIf.profile() != nullptr;
  Edit edit = fuseOps(whatIf, groups, modelled ? plan.factor : 1);
  if (modelled) return edit;
  edit.sourceLines = true;
  edit.knowsLines = false;
  return edit;
}

// Everything that a fix could replace, gone: groups with the host time inside of them.
Edit everythingGone(const WhatIf &whatIf, const RuleInput &input, const RuleFinding &finding) {
  const FixPlan &plan = finding.fix;
  if (!plan.groups.empty()) {
    Edit edit;
    const auto &rows = input.trace->ops;
    for (const auto &group : plan.groups) {
      const std::uint16_t thread = whatIf.timeline().threadOf(rows.lane[group.front()]);
      if (thread == whatIf.timeline().threads.size()) continue;
      std::int64_t end = 0;
      for (const std::uint32_t op : group)
        end = std::max(end, endOf(rows.start[op], rows.duration[op]).count);
      edit.cuts.push_back({rows.start[group.front()].count, end, thread});
    }
    return edit;
  }
  const auto &ops = plan.ops.empty() ? finding.ops : plan.ops;
  if (!ops.empty()) return removeOps(whatIf, ops, true);
  const auto &calls = plan.calls.empty() ? finding.calls : plan.calls;
  return removeCalls(whatIf, input, calls, true);
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
  const bool wholeStep = plan.kind == FixKind::kGraph || plan.kind == FixKind::kOverlapStreams ||
                         plan.kind == FixKind::kDropRecompute || plan.kind == FixKind::kRetype;
  if (ops.empty() && calls.empty() && plan.kind != FixKind::kNone && !wholeStep &&
      plan.kind != FixKind::kRemoveOps && plan.groups.empty())
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
  case FixKind::kKeepGraphs: edit = keepGraphs(whatIf, calls); break;
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

namespace {

// Of a finding whose fix cannot be predicted, or only from below: what it gives at most.
std::optional<double> mostOf(const WhatIf &whatIf, const RuleInput &input,
                             const RuleFinding &finding) {
  const bool bounded = finding.fix.bounded || finding.fix.kind == FixKind::kRetype;
  if (!bounded || (finding.ops.empty() && finding.calls.empty() && finding.fix.calls.empty()))
    return {};
  const Edit gone = everythingGone(whatIf, input, finding);
  if (!gone.whyNone.empty()) return {};
  const Prediction prediction = whatIf.predict(gone);
  if (!prediction.abstained.empty()) return {};
  return std::max(0.0, whatIf.baseline().ms - prediction.ms);
}

struct Thresholds {
  explicit Thresholds(double step)
      : least(std::max(kMaterialShare * step, kMaterialMs)),
        sure(std::max(least, kSureShare * step)) {}
  double least, sure;
};

// By what it gives at most: nothing else is known.
void judgeByMost(double step, double most, Judgement &judgement) {
  const Thresholds than(step);
  judgement.gain.mostMs = most;
  if (most < than.least) {
    judgement.worth = Worth::kNo;
    judgement.reason = fmt::format("Without any of it a step of {:.2f} ms would be {:.3f} ms "
                                   "shorter, below the threshold of {:.3f} ms.",
                                   step, most, than.least);
  } else if (most < than.sure) {
    judgement.worth = Worth::kUnresolved;
    judgement.reason = fmt::format("Without any of it a step of {:.2f} ms would be {:.3f} ms "
                                   "shorter; what a fix gives of that is not known.",
                                   step, most);
  }
}

} // namespace

Gain::Estimate estimateOf(const Prediction &prediction, double before) {
  Gain::Estimate estimate{before - prediction.ms, before - prediction.highMs,
                          before - prediction.lowMs, prediction.trust};
  estimate.share = prediction.gain;
  estimate.bound = boundName(prediction.bound);
  estimate.belowResolution = prediction.belowResolution;
  return estimate;
}

Judgement judgeByReplay(const WhatIf &whatIf, const RuleInput &input, const RuleFinding &finding) {
  Judgement judgement;
  if (!whatIf.whyNone().empty()) {
    judgement.gain.whyNone = whatIf.whyNone();
    return judgement;
  }
  const Edit edit = editOf(whatIf, input, finding);
  const Prediction prediction = edit.whyNone.empty() ? whatIf.predict(edit) : Prediction();
  judgement.gain.whyNone = edit.whyNone.empty() ? prediction.abstained : edit.whyNone;
  const double before = whatIf.baseline().ms;
  if (!judgement.gain.whyNone.empty()) {
    if (const auto most = mostOf(whatIf, input, finding)) judgeByMost(before, *most, judgement);
    return judgement;
  }
  Gain::Estimate estimate = estimateOf(prediction, before);
  const bool isLower = prediction.bound == Bound::kLower;
  const Thresholds than(before);
  const double least = than.least, sure = than.sure;
  const bool material = estimate.ms >= least;
  // Fewer launches of the same work give little where the device is the bound; how much less work
  // the fused kernel does is then all that counts.
  if (isLower && finding.fix.bounded && (!material || prediction.belowResolution))
    if (const auto most = mostOf(whatIf, input, finding); most && *most > estimate.ms) {
      judgement.gain.whyNone =
          "The time of the kernel in its place is not in this run, and there is "
          "no profile of the machine to tell it: run hotloop calibrate-device.";
      judgeByMost(before, *most, judgement);
      return judgement;
    }
  judgement.worth = Worth::kYes;
  if (material
          ? prediction.belowResolution && !(isLower && (estimate.lowMs > 0 || estimate.ms >= sure))
          : isLower && estimate.highMs >= sure) {
    judgement.worth = Worth::kUnresolved;
    judgement.reason = fmt::format("The fix would give {}{} of a step of {:.2f} ms, which is less "
                                   "than this run can resolve.",
                                   milliseconds(estimate), isLower ? " or more" : "", before);
  } else if (!material) {
    judgement.worth = Worth::kNo;
    judgement.reason = fmt::format("The fix would give {} of a step of {:.2f} ms, below the "
                                   "threshold of {:.3f} ms.",
                                   milliseconds(estimate), before, least);
  }
  judgement.gain.estimate = std::move(estimate);
  return judgement;
}

} // namespace hotloop
