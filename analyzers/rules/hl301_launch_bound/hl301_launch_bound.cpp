#include <fmt/format.h>

#include "analyzers/rules/call_rules.h"
#include "analyzers/rules/launch_order.h"
#include "analyzers/steps/lanes.h"

namespace hotloop {

namespace {

constexpr double kMaterialIdle = 0.15; // of the step
constexpr double kTinyKernel = 10'000; // ns

constexpr Advice kAdvice = {
    "", "",
    "Start fewer, larger kernels: fuse pointwise chains, use foreach or fused optimizers, make "
    "the batch larger, or let torch.compile do it.",
    "# before\ny = model(x)\n\n# after\nmodel = torch.compile(model)\ny = model(x)",
    "The profiler itself slows launches down; without a time of the unprofiled step the share may "
    "be "
    "too high."};

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const std::vector<std::int64_t> late = hostLateIdle(input);
  OccurrenceGroup all;
  for (auto *column : {&all.count, &all.hostTime, &all.idle, &all.waited})
    column->resize(input.steps.steady.size());
  OccurrenceGroups groups(input);
  std::vector<double> durations;
  for (const DeviceItem item : input.device.work.all()) {
    if (!input.steady(item.step) || item.call == kNoIndex || input.claimedCalls[item.call] != 0 ||
        input.device.kind[item.call] == CallKind::kGraphLaunch || late[item.call] == 0)
      continue;
    const std::uint32_t position = groups.positionOf(item.step);
    all.count[position] += 1;
    all.idle[position] += static_cast<double>(late[item.call]);
    all.hostTime[position] += static_cast<double>(input.trace->apis.duration[item.call].count);
    durations.push_back(static_cast<double>(item.duration().count));
    all.calls.push_back(item.call);
    if (all.evidence.size() < OccurrenceGroups::kEvidenceRows)
      all.evidence.push_back(workEvidence(input, item));
  }
  if (durations.empty()) return outcome;
  const double usual = medianInPlace(durations);
  Finding finding = advise(groups, all, kAdvice);
  finding.title = fmt::format("The device waits for {:.0f} launches in every step, of kernels of "
                              "{:.1f} us",
                              all.perStep(), usual * 1e-3);
  const double idle = static_cast<double>(finding.device->idle.count);
  if (usual >= kTinyKernel) {
    dismiss(all, std::move(finding),
            fmt::format("Its kernels take {:.1f} us, so a launch hides behind the one before.",
                        usual * 1e-3),
            outcome);
    return outcome;
  }
  judgeShare(input, all, std::move(finding), idle, kMaterialIdle, "a step waiting for them",
             outcome, {.whyNone = "It is a bound, not a fix: each fix has a finding of its own."});
  return outcome;
}

} // namespace

Rule hl301LaunchBound() {
  return {"HL301", "launch_bound", "The device waits for the launches of tiny kernels", run,
          Needs::kCalls | Needs::kKernels};
}

} // namespace hotloop
