#include <algorithm>

#include "analyzers/rules/kernel_rules.h"

namespace hotloop {

namespace {

constexpr double kMaterialShare = 0.03; // of the step

constexpr Advice kAdvice = {
    "", "The device waits for collectives with nothing else to do",
    "Overlap them: larger buckets, prefetch, gradient reduction during the backward pass.",
    "# before\nloss.backward()\nfor p in params: dist.all_reduce(p.grad)\n\n# after\n"
    "model = DistributedDataParallel(model)   # reduces while the backward pass goes on\n"
    "loss.backward()",
    "Kernels beside a collective run 5 to 30 % slower, and a rank that is late is waited for in "
    "any "
    "case."};

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const KernelKinds kinds(input);
  const auto isCollective = [&](const DeviceItem &item) {
    return has(kinds.of(item), KernelTrait::kCollective);
  };
  if (std::ranges::none_of(input.device.work.all(), isCollective)) {
    outcome.notChecked = "The run has no collectives.";
    return outcome;
  }
  std::vector<DeviceFacts::Busy> compute; // union of everything else
  for (const DeviceItem item : input.device.work.all()) {
    if (isCollective(item)) continue;
    if (compute.empty() || item.start > compute.back().end)
      compute.push_back({item.start, item.end});
    else
      compute.back().end = std::max(compute.back().end, item.end);
  }
  OccurrenceGroups groups(input);
  for (std::uint32_t i = 0; i < input.device.work.size(); ++i) {
    const DeviceItem item = input.device.work[i];
    if (!isCollective(item)) continue;
    OccurrenceGroup *group = groups.addWork(0, i);
    if (group == nullptr) continue;
    std::int64_t covered = 0;
    auto it = std::ranges::upper_bound(compute, item.start, {}, &DeviceFacts::Busy::end);
    for (; it != compute.end() && it->start < item.end; ++it)
      covered += (std::min(it->end, item.end) - std::max(it->start, item.start)).count;
    group->idle[groups.positionOf(item.step)] +=
        static_cast<double>(item.duration().count - covered);
  }
  for (const auto &[key, group] : groups) {
    Finding finding = advise(groups, group, kAdvice);
    const double alone = median(group.idle);
    finding.felt = Felt::kMeasured;
    judgeShare(input, group, std::move(finding), alone, kMaterialShare,
               "a step in collectives beside no computation", outcome,
               {.whyNone = "How much of it could be hidden depends on the order of the program."});
  }
  return outcome;
}

} // namespace

Rule hl404BlockingCollective() {
  return {"HL404", "blocking_collective", "Collectives that no computation covers", run,
          Needs::kKernels};
}

} // namespace hotloop
