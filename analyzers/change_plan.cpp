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

constexpr std::size_t kFarthestPreset = 3; // switches in which it differs

// Rules whose findings one switch of hotloop-moe repairs.
struct Switch {
  std::string_view name, flags;
  std::vector<std::string_view> rules;
};

const std::vector<Switch> &switches() {
  static const std::vector<Switch> kSwitches = {
      {"dispatch", "--dispatch grouped", {"HL104", "HL603", "HL604", "HL602"}},
      {"fusion", "--fusion kernels", {"HL605", "HL303", "HL506"}},
      {"amp", "--amp bf16", {"HL501"}},
      {"checkpoint", "--checkpoint off", {"HL701", "HL702"}},
      {"buffers", "--buffers reuse", {"HL201", "HL205"}},
      {"optimizer", "--optimizer fused", {"HL304"}},
      {"graph", "--graph on", {"HL302"}},
  };
  return kSwitches;
}

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
    for (const Switch &one : switches())
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
    if (!change.flags.empty()) {
      const std::string needs = moeNeeds(plan.command, change.flags);
      if (!needs.empty()) change.flags += " " + needs;
      plan.command = withMoeFlags(std::move(plan.command), change.flags);
    }
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
  nameNearestPreset(plan.command, plan);
}

} // namespace

void nameNearestPreset(std::string_view command, ChangePlan &plan) {
  const MoeSwitches now = moeSwitches(command);
  std::size_t fewest = kFarthestPreset;
  for (const MoePreset &preset : moePresets()) {
    std::vector<std::string> differs;
    for (std::size_t i = 0; i < kMoeSwitches.size(); ++i)
      if (now[i] != preset.values[i]) differs.emplace_back(kMoeSwitches[i]);
    // Forward only and training are different programs.
    const bool sameMode = now.front() == preset.values.front();
    // The baseline is where programs come from, not where advice leads.
    if (!sameMode || differs.size() >= fewest || preset.name == "baseline") continue;
    fewest = differs.size();
    plan.preset = preset.name;
    plan.presetDiffers = std::move(differs);
  }
}

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
