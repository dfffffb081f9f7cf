#include "analyzers/rules/occurrences.h"

#include <algorithm>

#include <fmt/format.h>

#include "analyzers/steps/lanes.h"

namespace hotloop {

double median(std::vector<double> values) { return medianInPlace(values); }

double OccurrenceGroup::perStep() const { return median(count); }
Nanoseconds OccurrenceGroup::hostPerStep() const {
  return Nanoseconds(static_cast<std::int64_t>(median(hostTime)));
}
double OccurrenceGroup::syncsPerStep() const { return median(syncs); }
double OccurrenceGroup::bytesPerStep() const { return median(bytes); }
double OccurrenceGroup::recurrence() const {
  if (count.empty()) return 0;
  const auto seen = std::ranges::count_if(count, [](double n) { return n > 0; });
  return static_cast<double>(seen) / static_cast<double>(count.size());
}

OccurrenceGroups::OccurrenceGroups(const RuleInput &input)
    : input_(input), positionOfStep_(input.steps.all.size(), kNoIndex) {
  for (std::uint32_t i = 0; i < input.steps.steady.size(); ++i)
    positionOfStep_[input.steps.steady[i]] = i;
}

OccurrenceGroup *OccurrenceGroups::at(SiteIndex site, PathIndex path, std::uint32_t variant,
                                      std::uint32_t step, std::size_t &position) {
  if (step == kNoIndex || positionOfStep_[step] == kNoIndex) return nullptr;
  position = positionOfStep_[step];
  // Without a site the ranges are all that tells two places apart.
  const Key key{{site, site == 0 ? path : 0}, variant};
  const auto [entry, isNew] = groups_.try_emplace(key);
  OccurrenceGroup &group = entry->second;
  if (isNew) {
    const std::size_t steady = input_.steps.steady.size();
    group.site = site;
    group.path = path;
    group.variant = variant;
    group.count.resize(steady);
    group.hostTime.resize(steady);
    group.syncs.resize(steady);
    group.bytes.resize(steady);
  }
  group.path = input_.paths.commonPrefix(group.path, path);
  return &group;
}

OccurrenceGroup *OccurrenceGroups::addOp(std::uint32_t variant, std::uint32_t op, double syncs) {
  if (input_.claimedOps[op] != 0) return nullptr;
  std::size_t position = 0;
  OccurrenceGroup *group =
      at(input_.ops.site[op], input_.ops.path[op], variant, input_.ops.step[op], position);
  if (group == nullptr) return nullptr;
  const auto &rows = input_.trace->ops;
  group->count[position] += 1;
  group->hostTime[position] +=
      static_cast<double>(std::max<std::int64_t>(rows.duration[op].count, 0));
  group->syncs[position] += syncs;
  group->ops.push_back(op);
  if (group->evidence.size() < kEvidenceRows) group->evidence.push_back(opEvidence(input_, op));
  return group;
}

void OccurrenceGroups::extend(OccurrenceGroup &group, std::uint32_t op) const {
  const std::uint32_t position = positionOfStep_[input_.ops.step[op]];
  const std::int64_t duration = input_.trace->ops.duration[op].count;
  group.hostTime[position] += static_cast<double>(std::max<std::int64_t>(duration, 0));
  group.ops.push_back(op);
}

OccurrenceGroup *OccurrenceGroups::addAllocation(std::uint32_t variant, std::uint32_t allocation) {
  if (input_.claimedAllocations[allocation] != 0) return nullptr;
  std::size_t position = 0;
  const auto &facts = input_.allocations;
  OccurrenceGroup *group =
      at(facts.site[allocation], facts.path[allocation], variant, facts.step[allocation], position);
  if (group == nullptr) return nullptr;
  const auto &rows = input_.trace->allocations;
  group->count[position] += 1;
  group->bytes[position] += static_cast<double>(rows.bytes[allocation]);
  group->allocations.push_back(allocation);
  if (group->evidence.size() < kEvidenceRows) {
    const std::uint32_t step = facts.step[allocation];
    group->evidence.push_back({"allocation", static_cast<std::int64_t>(allocation) + 1,
                               fmt::format("{} bytes at step {}", rows.bytes[allocation],
                                           input_.steps.all[step].number)});
  }
  return group;
}

Evidence opEvidence(const RuleInput &input, std::uint32_t op) {
  const std::string_view name = input.trace.text(input.trace->ops.name[op]);
  const std::uint32_t step = input.ops.step[op];
  std::string description(name);
  if (step != kNoIndex) description += fmt::format(" at step {}", input.steps.all[step].number);
  return {"op", static_cast<std::int64_t>(op) + 1, std::move(description)};
}

double shareOfStep(const RuleInput &input, Nanoseconds hostTime) {
  if (input.stepDuration.count <= 0) return 0;
  return static_cast<double>(hostTime.count) / static_cast<double>(input.stepDuration.count);
}

Finding OccurrenceGroups::finding(const OccurrenceGroup &group) const {
  Finding finding;
  finding.site = input_.sites.site(group.site);
  finding.site.rangePath = input_.paths.text(group.path);
  finding.perStep = group.perStep();
  finding.hostTime = group.hostPerStep();
  finding.bytesPerStep = static_cast<std::int64_t>(group.bytesPerStep());
  finding.evidence = group.evidence;
  finding.felt = shareOfStep(input_, finding.hostTime) >= input_.options.hostShare ? Felt::kMeasured
                                                                                   : Felt::kWould;
  return finding;
}

void judge(const RuleInput &input, const OccurrenceGroup &group, Finding finding, bool structural,
           RuleOutcome &outcome) {
  RuleFinding result{std::move(finding), group.ops, group.allocations};
  std::string &reason = result.finding.mayNotPay;
  if (group.recurrence() < input.options.recurrence) {
    const auto seen = std::ranges::count_if(group.count, [](double n) { return n > 0; });
    reason = fmt::format("It happens in {} of {} steady steps only, so a step hardly feels it.",
                         seen, group.count.size());
  } else {
    const double share = shareOfStep(input, result.finding.hostTime);
    if (structural || group.syncsPerStep() >= input.options.syncsPerStep ||
        share >= input.options.hostShare) {
      outcome.findings.push_back(std::move(result));
      return;
    }
    reason = fmt::format("It takes {:.2f} % of a step here and would wait for a GPU {:.3g} times a "
                         "step, below the thresholds of {:.2g} % and {:.3g}.",
                         100 * share, group.syncsPerStep(), 100 * input.options.hostShare,
                         input.options.syncsPerStep);
  }
  outcome.notWorth.push_back(std::move(result));
}

} // namespace hotloop
