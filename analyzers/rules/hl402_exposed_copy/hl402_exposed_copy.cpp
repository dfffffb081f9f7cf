#include <algorithm>

#include "analyzers/rules/call_rules.h"

namespace hotloop {

namespace {

constexpr double kMaterialShare = 0.02; // of the step

constexpr Advice kAdvice = {
    "", "Copies run while the device computes nothing",
    "Start the copy for the next step early, on a stream of its own, and let the consumer wait for "
    "an "
    "event.",
    "# before\nx = batch.to(\"cuda\", non_blocking=True)\ny = model(x)\n\n# after\n"
    "with torch.cuda.stream(copies):\n    x_next = next_batch.to(\"cuda\", non_blocking=True)\n"
    "y = model(x)\ntorch.cuda.current_stream().wait_stream(copies)",
    "In a step that the host bounds the extra stream and event calls cost more than they hide (a "
    "loss "
    "of 6 % was measured)."};

// Time of a copy during which no kernel runs.
double exposed(const std::vector<DeviceFacts::Busy> &kernels, const DeviceItem &copy) {
  std::int64_t covered = 0;
  auto it = std::ranges::upper_bound(kernels, copy.start, {}, &DeviceFacts::Busy::end);
  for (; it != kernels.end() && it->start < copy.end; ++it)
    covered += (std::min(it->end, copy.end) - std::max(it->start, copy.start)).count;
  return static_cast<double>(copy.duration().count - covered);
}

bool isCandidate(const RuleInput &input, const DeviceItem &item) {
  return item.kind == ItemKind::kCopy && item.call != kNoIndex && !isPageable(input, item.call) &&
         directionOf(input, item.call) != CopyDirection::kOther;
}

void append(std::vector<DeviceFacts::Busy> &merged, const DeviceItem &item) {
  if (merged.empty() || item.start > merged.back().end)
    merged.push_back({item.start, item.end});
  else
    merged.back().end = std::max(merged.back().end, item.end);
}

// The union of the kernels that run beside any of the copies.
std::vector<DeviceFacts::Busy> kernelsBesideCopies(const RuleInput &input) {
  std::vector<DeviceFacts::Busy> copies, kernels;
  for (const DeviceItem item : input.device.work.all())
    if (isCandidate(input, item)) append(copies, item);
  for (const DeviceItem item : input.device.work.all()) {
    if (item.kind != ItemKind::kKernel) continue;
    const auto near = std::ranges::upper_bound(copies, item.start, {}, &DeviceFacts::Busy::end);
    if (near != copies.end() && near->start < item.end) append(kernels, item);
  }
  return kernels;
}

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const std::vector<DeviceFacts::Busy> kernels = kernelsBesideCopies(input);
  OccurrenceGroups groups(input);
  for (std::uint32_t i = 0; i < input.device.work.size(); ++i) {
    const DeviceItem item = input.device.work[i];
    if (!isCandidate(input, item)) continue;
    const double shown = exposed(kernels, item);
    OccurrenceGroup *group = shown > 0 ? groups.addWork(0, i) : nullptr;
    if (group != nullptr) group->idle[groups.positionOf(item.step)] += shown;
  }
  for (const auto &[key, group] : groups) {
    Finding finding = advise(groups, group, kAdvice);
    const double shown = static_cast<double>(finding.device ? finding.device->idle.count : 0);
    judgeShare(input, group, std::move(finding), shown, kMaterialShare,
               "a step in copies beside no kernel", outcome, {.kind = FixKind::kMoveCopy});
  }
  return outcome;
}

} // namespace

Rule hl402ExposedCopy() {
  return {"HL402", "exposed_copy", "Copies that no computation covers", run,
          Needs::kCalls | Needs::kCopies | Needs::kKernels};
}

} // namespace hotloop
