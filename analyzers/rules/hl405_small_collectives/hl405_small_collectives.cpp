#include <fmt/format.h>

#include "analyzers/rules/kernel_rules.h"
#include "analyzers/steps/lanes.h"

namespace hotloop {

namespace {

constexpr double kStorm = 8;             // a step
constexpr double kLatencyBound = 60'000; // ns; a megabyte takes about as long on one node

constexpr Advice kAdvice = {
    "", "", "Put tensors together before they are reduced: one flat buffer, or larger buckets.",
    "# before\nfor p in params: dist.all_reduce(p.grad)\n\n# after\n"
    "flat = torch._utils._flatten_dense_tensors([p.grad for p in params])\ndist.all_reduce(flat)",
    "Larger buckets begin later, so less of them hides behind the backward pass."};

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const KernelKinds kinds(input);
  OccurrenceGroups groups(input);
  bool any = false;
  for (std::uint32_t i = 0; i < input.device.work.size(); ++i) {
    const DeviceItem item = input.device.work[i];
    if (!has(kinds.of(item), KernelTrait::kCollective)) continue;
    any = true;
    if (static_cast<double>(item.duration().count) < kLatencyBound) groups.addWork(0, i);
  }
  if (!any) outcome.notChecked = "The run has no collectives.";
  for (const auto &[key, group] : groups) {
    Finding finding = advise(groups, group, kAdvice);
    finding.title = fmt::format("{:.0f} collectives a step that are too short to use the links",
                                group.perStep());
    if (group.perStep() < kStorm) {
      dismiss(group, std::move(finding),
              fmt::format("There are {:.3g} a step, below the threshold of {:.0f}.",
                          group.perStep(), kStorm),
              outcome);
      continue;
    }
    if (RuleFinding *found = judge(input, group, std::move(finding), true, outcome))
      found->fix.whyNone =
          "How long the joined collective takes needs a curve of this machine's links.";
  }
  return outcome;
}

} // namespace

Rule hl405SmallCollectives() {
  return {"HL405", "small_collectives", "Many collectives that only pay latency", run,
          Needs::kKernels};
}

} // namespace hotloop
