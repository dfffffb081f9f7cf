#include "analyzers/change_plan.h"

#include <algorithm>
#include <map>

#include "analyzers/moe_command.h"
#include "analyzers/rules/fix_edits.h"
#include "analyzers/timeline/recommend.h"
#include "analyzers/timeline/transforms.h"
#include "core/trace/meta_keys.h"

namespace hotloop {

namespace {

// Slow habits that hotloop-moe shows on request.
std::string_view habitOf(const Finding &finding) {
  if (finding.rule == "HL101" && finding.variant != "copy") return finding.variant;
  if (finding.rule == "HL207") return "growing-list";
  if (finding.rule == "HL203") return "varying-shape";
  if (finding.rule == "HL103" && finding.variant == "boolean_mask") return "boolean-mask";
  return {};
}

// Findings that one change repairs.
struct Change {
  PlannedChange planned;
  std::vector<Edit> edits;
  std::string whyNone; // of the first finding without a prediction
  bool isGraph = false;
};

// Their numbers say what holds the step back; what to do about it, other findings say.
bool isDiagnosis(const Finding &finding) {
  return finding.rule == "HL301" || finding.rule == "HL703";
}

std::vector<Change> changesOf(std::string_view command, std::span<const Finding> findings,
                              std::span<const Edit> edits) {
  std::vector<Change> changes;
  std::map<std::string, std::size_t> known;
  const bool isMoe = isMoeCommand(command);
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const Finding &finding = findings[i];
    if (isDiagnosis(finding)) continue;
    std::string name = finding.rule + (finding.variant.empty() ? "" : " " + finding.variant);
    std::string flags;
    for (const MoeFix &one : moeFixes())
      if (std::ranges::find(one.rules, finding.rule) != one.rules.end()) {
        name = one.name;
        if (isMoe) flags = one.flags;
      }
    const auto [entry, isNew] = known.try_emplace(name, changes.size());
    if (isNew) {
      changes.emplace_back();
      PlannedChange &planned = changes.back().planned;
      planned.name = name;
      planned.advice = finding.fix;
      planned.site = finding.site;
      planned.flags = flags;
      changes.back().isGraph = name == "graph";
    }
    Change &change = changes[entry->second];
    auto &rules = change.planned.rules;
    if (std::ranges::find(rules, finding.rule) == rules.end()) rules.push_back(finding.rule);
    if (finding.gain.estimate && i < edits.size() && edits[i].whyNone.empty())
      change.edits.push_back(edits[i]);
    else if (change.whyNone.empty())
      change.whyNone = finding.gain.whyNone;
  }
  return changes;
}

// Takes the predicted changes into the plan, in their order; what is left of `changes` gives
// nothing on top of them, or cannot be predicted.
void predict(const WhatIf &whatIf, std::vector<Change> &changes, ChangePlan &plan) {
  std::vector<Toggle> toggles;
  for (const Change &change : changes)
    if (!change.edits.empty() || change.isGraph)
      toggles.push_back(
          {change.planned.name, {}, {}, change.isGraph ? graph(whatIf) : combine(change.edits)});
  const Recommendation order = recommend(whatIf, toggles);
  for (const RecommendedToggle &toggle : order.toggles) {
    const auto change = std::ranges::find_if(
        changes, [&](const Change &one) { return one.planned.name == toggle.name; });
    if (!toggle.predicted || change == changes.end()) continue;
    change->planned.addsMs = toggle.addsMs;
    change->planned.ms = toggle.ms;
    plan.changes.push_back(std::move(change->planned));
    changes.erase(change);
  }
  if (!plan.changes.empty() && order.together.abstained.empty())
    plan.together = estimateOf(order.together, plan.stepMs);
}

void writeCommand(std::string_view command, std::span<const Finding> findings, ChangePlan &plan) {
  plan.command = command;
  for (PlannedChange &change : plan.changes) {
    if (plan.together && !change.addsMs) continue; // nobody knows whether it pays
    if (!change.flags.empty()) plan.command = withMoeFix(std::move(plan.command), change.flags);
    for (const Finding &finding : findings) {
      const std::string_view habit = habitOf(finding);
      if (habit.empty() || std::ranges::find(change.rules, finding.rule) == change.rules.end())
        continue;
      plan.command = withoutMoeHabit(std::move(plan.command), habit);
    }
  }
  if (plan.command == command) {
    plan.command.clear();
    return;
  }
  NearestPreset nearest = nearestMoePreset(plan.command);
  plan.preset = std::move(nearest.name);
  plan.presetDiffers = std::move(nearest.differs);
}

} // namespace

ChangePlan planChanges(const TraceView &trace, const WhatIf *whatIf,
                       std::span<const Finding> findings, std::span<const Edit> edits) {
  ChangePlan plan;
  const std::string_view command = trace.meta(meta_key::kCommand);
  std::vector<Change> changes = changesOf(command, findings, edits);
  if (whatIf == nullptr)
    plan.whyNone = "This run has no device records; what changes give together takes the replay of "
                   "a run on a GPU.";
  else
    plan.whyNone = whatIf->whyNone();
  if (plan.whyNone.empty()) {
    plan.stepMs = whatIf->baseline().ms;
    predict(*whatIf, changes, plan);
  }
  for (Change &change : changes) {
    if (change.edits.empty()) {
      change.planned.whyNone = change.whyNone.empty() ? plan.whyNone : change.whyNone;
      plan.changes.push_back(std::move(change.planned));
    } else {
      auto &covered = plan.covered;
      covered.insert(covered.end(), change.planned.rules.begin(), change.planned.rules.end());
    }
  }
  if (isMoeCommand(command)) writeCommand(command, findings, plan);
  return plan;
}

} // namespace hotloop
