#include "analyzers/rules/occurrences.h"

#include <algorithm>

#include <fmt/format.h>

#include "analyzers/steps/lanes.h"
#include "core/base/stop.h"

namespace hotloop {

double median(std::vector<double> values) { return medianInPlace(values); }

double OccurrenceGroup::perStep() const { return median(count); }
Nanoseconds OccurrenceGroup::hostPerStep() const {
  return Nanoseconds(static_cast<std::int64_t>(median(hostTime)));
}
double OccurrenceGroup::syncsPerStep() const { return median(syncs); }
double OccurrenceGroup::bytesPerStep() const { return median(bytes); }
double OccurrenceGroup::workPerStep() const { return median(work); }
double OccurrenceGroup::recurrence() const {
  if (count.empty()) return 0;
  const auto seen = std::ranges::count_if(count, [](double n) { return n > 0; });
  return static_cast<double>(seen) / static_cast<double>(count.size());
}

double deviceTimeOf(const RuleInput &input, const OccurrenceGroup &group) {
  const DeviceFacts &facts = input.device;
  if (facts.work.empty() || group.ops.empty()) return 0;
  std::vector<std::uint8_t> own(input.ops.size());
  for (const std::uint32_t op : group.ops) own[op] = 1;
  std::vector<double> perStep(input.steps.all.size());
  for (const DeviceItem work : facts.work.all()) {
    if (work.call == kNoIndex || facts.op[work.call] == kNoIndex) continue;
    const std::uint32_t step = facts.step[work.call];
    if (!input.steady(step)) continue;
    const std::uint32_t op = findEnclosing(input.ops, facts.op[work.call],
                                           [&](std::uint32_t up) { return own[up] != 0; });
    if (op != kNoIndex) perStep[step] += static_cast<double>(work.duration().count);
  }
  std::vector<double> steady;
  for (const std::uint32_t step : input.steps.steady) steady.push_back(perStep[step]);
  return median(std::move(steady));
}

double costPerStep(const RuleInput &input, const OccurrenceGroup &group) {
  return std::max(static_cast<double>(group.hostPerStep().count), deviceTimeOf(input, group));
}

OccurrenceGroups::OccurrenceGroups(const RuleInput &input)
    : input_(input), positionOfStep_(input.steps.all.size(), kNoIndex) {
  for (std::uint32_t i = 0; i < input.steps.steady.size(); ++i)
    positionOfStep_[input.steps.steady[i]] = i;
}

OccurrenceGroup *OccurrenceGroups::at(SiteIndex site, PathIndex path, std::uint32_t variant,
                                      std::uint32_t step, std::size_t &position) {
  stopPoint();
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
    for (auto *column : {&group.waited, &group.idle, &group.work}) column->resize(steady);
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

OccurrenceGroup *OccurrenceGroups::addCall(std::uint32_t variant, std::uint32_t call) {
  if (input_.claimedCalls[call] != 0) return nullptr;
  std::size_t position = 0;
  const DeviceFacts &facts = input_.device;
  OccurrenceGroup *group =
      at(facts.site[call], facts.path[call], variant, facts.step[call], position);
  if (group == nullptr) return nullptr;
  group->count[position] += 1;
  for (std::uint32_t k = 0; k < facts.workCount(call); ++k) {
    const DeviceItem work = facts.work[facts.started[facts.firstWork[call] + k]];
    if (work.kind == ItemKind::kCopy)
      group->bytes[position] += static_cast<double>(input_.trace->memcpys.bytes[work.row]);
    group->work[position] += static_cast<double>(work.duration().count);
  }
  if (group->evidence.size() < kEvidenceRows) group->evidence.push_back(callEvidence(input_, call));
  extendCall(*group, call);
  return group;
}

OccurrenceGroup *OccurrenceGroups::addWork(std::uint32_t variant, std::uint32_t index) {
  const DeviceItem work = input_.device.work[index];
  const bool called = work.call != kNoIndex;
  if (called && input_.claimedCalls[work.call] != 0) return nullptr;
  std::size_t position = 0;
  OccurrenceGroup *group =
      at(called ? input_.device.site[work.call] : 0, called ? input_.device.path[work.call] : 0,
         variant, work.step, position);
  if (group == nullptr) return nullptr;
  group->count[position] += 1;
  group->work[position] += static_cast<double>(work.duration().count);
  if (called && (group->calls.empty() || group->calls.back() != work.call))
    group->calls.push_back(work.call);
  if (group->evidence.size() < kEvidenceRows) group->evidence.push_back(workEvidence(input_, work));
  return group;
}

void OccurrenceGroups::extendCall(OccurrenceGroup &group, std::uint32_t call) const {
  const std::uint32_t step = input_.device.step[call];
  if (step == kNoIndex || positionOfStep_[step] == kNoIndex) return;
  const std::uint32_t position = positionOfStep_[step];
  const std::int64_t duration = input_.trace->apis.duration[call].count;
  group.hostTime[position] += static_cast<double>(std::max<std::int64_t>(duration, 0));
  group.waited[position] += static_cast<double>(input_.device.waited[call]);
  group.idle[position] += static_cast<double>(input_.device.idle[call]);
  group.calls.push_back(call);
}

Evidence callEvidence(const RuleInput &input, std::uint32_t call) {
  std::string description(input.trace.text(input.trace->apis.name[call]));
  if (const auto work = input.device.workOf(call))
    if (work->kind == ItemKind::kCopy)
      description += fmt::format(", {} bytes {}", input.trace->memcpys.bytes[work->row],
                                 input.trace.text(input.trace->memcpys.name[work->row]));
  if (input.device.waited[call] > 0)
    description += fmt::format(", waited {:.1f} us, the device then idle for {:.1f} us",
                               static_cast<double>(input.device.waited[call]) * 1e-3,
                               static_cast<double>(input.device.idle[call]) * 1e-3);
  const std::uint32_t step = input.device.step[call];
  if (step != kNoIndex) description += fmt::format(" at step {}", input.steps.all[step].number);
  return {"api", static_cast<std::int64_t>(call) + 1, std::move(description)};
}

Evidence workEvidence(const RuleInput &input, const DeviceItem &work) {
  const auto describe = [&](std::string_view table, const auto &rows) {
    std::string text(input.trace.text(rows.name[work.row]).substr(0, 60));
    text += fmt::format(", {:.1f} us", static_cast<double>(work.duration().count) * 1e-3);
    if (work.step != kNoIndex)
      text += fmt::format(" at step {}", input.steps.all[work.step].number);
    return Evidence{std::string(table), static_cast<std::int64_t>(work.row) + 1, std::move(text)};
  };
  switch (work.kind) {
  case ItemKind::kKernel: return describe("kernel", input.trace->kernels);
  case ItemKind::kCopy: return describe("memcpy", input.trace->memcpys);
  case ItemKind::kFill: return describe("memset", input.trace->memsets);
  }
  return {};
}

Finding advise(const OccurrenceGroups &groups, const OccurrenceGroup &group, const Advice &advice) {
  Finding finding = groups.finding(group);
  finding.variant = advice.variant;
  finding.title = advice.title;
  finding.fix = advice.fix;
  finding.fixCode = advice.code;
  finding.mayNotPay = advice.mayNotPay;
  return finding;
}

Evidence opEvidence(const RuleInput &input, std::uint32_t op) {
  const std::string_view name = input.trace.text(input.trace->ops.name[op]);
  const std::uint32_t step = input.ops.step[op];
  std::string description(name);
  if (step != kNoIndex) description += fmt::format(" at step {}", input.steps.all[step].number);
  return {"op", static_cast<std::int64_t>(op) + 1, std::move(description)};
}

Nanoseconds stepPeriod(const RuleInput &input) {
  std::vector<double> distances;
  const auto &steady = input.steps.steady;
  for (std::size_t i = 1; i < steady.size(); ++i)
    if (steady[i] == steady[i - 1] + 1)
      distances.push_back(static_cast<double>(
          (input.steps.all[steady[i]].start - input.steps.all[steady[i - 1]].start).count));
  if (distances.empty()) return input.stepDuration;
  return Nanoseconds(static_cast<std::int64_t>(medianInPlace(distances)));
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
  finding.deviceTime = Nanoseconds(static_cast<std::int64_t>(group.workPerStep()));
  finding.bytesPerStep = static_cast<std::int64_t>(group.bytesPerStep());
  finding.evidence = group.evidence;
  if (!group.calls.empty())
    finding.device = DeviceEvidence{Nanoseconds(static_cast<std::int64_t>(median(group.waited))),
                                    Nanoseconds(static_cast<std::int64_t>(median(group.idle)))};
  finding.felt = shareOfStep(input_, finding.hostTime) >= input_.options.hostShare ? Felt::kMeasured
                                                                                   : Felt::kWould;
  return finding;
}

RuleFinding *judge(const RuleInput &input, const OccurrenceGroup &group, Finding finding,
                   bool structural, RuleOutcome &outcome, FixKind fix) {
  RuleFinding result{std::move(finding), group.ops, group.allocations, group.calls, {}};
  result.fix.kind = fix;
  std::string &reason = result.finding.mayNotPay;
  if (group.recurrence() < input.options.recurrence) {
    const auto seen = std::ranges::count_if(group.count, [](double n) { return n > 0; });
    reason = fmt::format("It happens in {} of {} steady steps only, so a step hardly feels it.",
                         seen, group.count.size());
  } else {
    const double share = shareOfStep(input, result.finding.hostTime);
    if (structural || group.syncsPerStep() >= input.options.syncsPerStep ||
        share >= input.options.hostShare) {
      return &outcome.findings.emplace_back(std::move(result));
    }
    reason = fmt::format("It takes {:.2f} % of a step here and would wait for a GPU {:.3g} times a "
                         "step, below the thresholds of {:.2g} % and {:.3g}.",
                         100 * share, group.syncsPerStep(), 100 * input.options.hostShare,
                         input.options.syncsPerStep);
  }
  outcome.notWorth.push_back(std::move(result));
  return nullptr;
}

void dismiss(const OccurrenceGroup &group, Finding finding, std::string reason,
             RuleOutcome &outcome, FixKind fix) {
  finding.mayNotPay = std::move(reason);
  outcome.notWorth.push_back(
      {std::move(finding), group.ops, group.allocations, group.calls, {.kind = fix}});
}

void judgeShare(const RuleInput &input, const OccurrenceGroup &group, Finding finding, double ns,
                double leastShare, std::string_view what, RuleOutcome &outcome, FixPlan fix) {
  const double step = static_cast<double>(std::max<std::int64_t>(stepPeriod(input).count, 1));
  if (ns / step < leastShare) {
    std::string words = finding.mayNotPay;
    dismiss(group, std::move(finding),
            fmt::format("It takes {:.2f} % of {}, below the threshold of {:.2g} %.",
                        100 * ns / step, what, 100 * leastShare),
            outcome, fix.kind);
    outcome.notWorth.back().fix = std::move(fix);
    outcome.notWorth.back().ownWords = std::move(words);
    return;
  }
  if (RuleFinding *found = judge(input, group, std::move(finding), true, outcome, fix.kind))
    found->fix = std::move(fix);
}

} // namespace hotloop
