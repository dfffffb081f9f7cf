#include <fmt/format.h>

#include "analyzers/rules/allocation_origin.h"
#include "analyzers/rules/launch_order.h"
#include "analyzers/rules/occurrences.h"
#include "analyzers/rules/recompute.h"

namespace hotloop {

namespace {

constexpr double kHalf = 0.5;           // of the memory
constexpr double kMaterialShare = 0.15; // of the step waiting for launches

constexpr Advice kAdvice = {
    "", "", "Use a larger batch: the host's cost of a step stays, and is shared by more samples.",
    "# before\nloader = DataLoader(data, batch_size=16)\n\n# after\nloader = DataLoader(data, "
    "batch_size=64)   # with the learning rate that goes with it",
    "A larger batch is another training run: learning rate and schedule change with it. The step "
    "itself "
    "gets no shorter; samples per second rise."};

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const double peak = peakBytes(input), device = deviceBytes(input);
  if (peak <= 0 || device <= 0) {
    outcome.notChecked = "The run does not tell how much memory of the device is in use.";
    return outcome;
  }
  const std::vector<std::int64_t> late = hostLateIdle(input);
  OccurrenceGroups groups(input);
  OccurrenceGroup all;
  for (auto *column : {&all.count, &all.hostTime, &all.syncs, &all.idle})
    column->resize(input.steps.steady.size());
  for (std::uint32_t call = 0; call < late.size(); ++call) {
    if (late[call] == 0 || !input.steady(input.device.step[call])) continue;
    const std::uint32_t position = groups.positionOf(input.device.step[call]);
    all.count[position] = 1;
    all.idle[position] += static_cast<double>(late[call]);
    if (all.evidence.size() < OccurrenceGroups::kEvidenceRows)
      all.evidence.push_back(callEvidence(input, call));
  }
  if (all.evidence.empty() || peak >= kHalf * device) return outcome;
  Finding finding = advise(groups, all, kAdvice);
  finding.title = fmt::format("The device waits for the host, and {} of its {} are free",
                              bytesText(device - peak), bytesText(device));
  finding.felt = Felt::kMeasured;
  judgeShare(input, all, std::move(finding), median(all.idle), kMaterialShare,
             "a step waiting for launches", outcome,
             {.whyNone = "A larger batch makes no step shorter; it puts more samples into it."});
  return outcome;
}

} // namespace

Rule hl703FreeMemory() {
  return {"HL703", "free_memory", "The batch is small, the device waits, and its memory is free",
          run, Needs::kCalls | Needs::kKernels};
}

} // namespace hotloop
