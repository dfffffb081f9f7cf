#include <map>

#include <fmt/format.h>

#include "analyzers/rules/allocation_origin.h"
#include "analyzers/rules/occurrences.h"
#include "analyzers/rules/recompute.h"

namespace hotloop {

namespace {

constexpr double kMaterialShare = 0.03; // of the step
constexpr double kFull = 0.9;           // of the memory

constexpr Advice kAdvice = {
    "", "The forward pass runs a second time inside of the backward pass",
    "Switch checkpointing off, or keep it for the layers that save most memory per time.",
    "# before\ny = checkpoint(layer, x, use_reentrant=False)\n\n# after\ny = layer(x)",
    "The activations that it saves must fit: other ranks, longer inputs and fragmentation need "
    "room, "
    "too."};

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  OccurrenceGroups groups(input);
  OccurrenceGroup all;
  for (auto *column : {&all.count, &all.hostTime, &all.syncs, &all.bytes})
    column->resize(input.steps.steady.size());
  std::map<SiteIndex, double> ofSite;
  for (const std::uint32_t op : recomputedOps(input)) {
    const std::uint32_t position = groups.positionOf(input.ops.step[op]);
    const auto took = static_cast<double>(input.trace->ops.duration[op].count);
    all.count[position] += 1;
    all.hostTime[position] += took;
    all.ops.push_back(op);
    ofSite[input.ops.site[op]] += took;
    if (all.evidence.size() < OccurrenceGroups::kEvidenceRows)
      all.evidence.push_back(opEvidence(input, op));
  }
  if (all.ops.empty()) return outcome;
  double most = -1;
  for (const auto &[site, took] : ofSite)
    if (took > most) {
      most = took;
      all.site = site;
    }
  Finding finding = advise(groups, all, kAdvice);
  const double peak = peakBytes(input), device = deviceBytes(input);
  if (peak > 0 && device > 0) {
    finding.title += fmt::format("; {} of {} are in use", bytesText(peak), bytesText(device));
    if (peak > kFull * device) {
      dismiss(
          all, std::move(finding),
          fmt::format("Memory is short: {} of {} are in use.", bytesText(peak), bytesText(device)),
          outcome, FixKind::kDropRecompute);
      return outcome;
    }
  } else {
    finding.mayNotPay += " How much memory is free is not in this run.";
  }
  judgeShare(input, all, std::move(finding), costPerStep(input, all), kMaterialShare,
             "a step in operators that run again", outcome, {.kind = FixKind::kDropRecompute});
  return outcome;
}

} // namespace

Rule hl701NeedlessCheckpoint() {
  return {"HL701", "needless_checkpoint",
          "Activations are computed again although there is memory for them", run,
          Needs::kOperators};
}

} // namespace hotloop
