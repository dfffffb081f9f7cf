#include "analyzers/rules/call_rules.h"

#include <fmt/format.h>

#include "analyzers/steps/lanes.h"
#include "core/trace/copy_kinds.h"

namespace hotloop {

namespace {

constexpr Nanoseconds kWaitFollowsWithin{60'000};

std::string belowThreshold(const CallVariant &variant, const OccurrenceGroup &group) {
  if (group.perStep() < variant.leastPerStep)
    return fmt::format("It happens {:.3g} times a step, below the threshold of {:.3g}.",
                       group.perStep(), variant.leastPerStep);
  if (group.bytesPerStep() < variant.leastBytes)
    return fmt::format("It moves {:.0f} bytes a step, below the threshold of {:.0f}.",
                       group.bytesPerStep(), variant.leastBytes);
  return {};
}

} // namespace

std::optional<DeviceItem> copyOf(const RuleInput &input, std::uint32_t call) {
  const auto work = input.device.workOf(call);
  return work && work->kind == ItemKind::kCopy ? work : std::nullopt;
}

CopyDirection directionOf(const RuleInput &input, std::uint32_t call) {
  const auto copy = copyOf(input, call);
  if (!copy) return CopyDirection::kOther;
  switch (input.trace->memcpys.copyKind[copy->row]) {
  case kCopyToDevice: return CopyDirection::kToDevice;
  case kCopyToHost: return CopyDirection::kToHost;
  default: return CopyDirection::kOther;
  }
}

std::uint64_t copiedBytes(const RuleInput &input, std::uint32_t call) {
  const auto copy = copyOf(input, call);
  return !copy ? 0 : input.trace->memcpys.bytes[copy->row];
}

bool isPageable(const RuleInput &input, std::uint32_t call) {
  const auto copy = copyOf(input, call);
  return copy && (input.trace->memcpys.sourceKind[copy->row] == kPageableMemory ||
                  input.trace->memcpys.destinationKind[copy->row] == kPageableMemory);
}

std::uint32_t waitBehind(const RuleInput &input, std::uint32_t call) {
  const std::uint32_t next = input.device.next[call];
  if (next == kNoIndex || !waitsForDevice(input.device.kind[next])) return kNoIndex;
  const auto &apis = input.trace->apis;
  const Nanoseconds end = endOf(apis.start[call], apis.duration[call]);
  return apis.start[next] - end <= kWaitFollowsWithin ? next : kNoIndex;
}

double medianLaunch(const RuleInput &input) {
  std::vector<double> durations;
  for (std::uint32_t call = 0; call < input.device.calls(); ++call)
    if (input.device.kind[call] == CallKind::kLaunch && input.steady(input.device.step[call]))
      durations.push_back(static_cast<double>(input.trace->apis.duration[call].count));
  return medianInPlace(durations);
}

RuleOutcome judgeCalls(const RuleInput &input, std::span<const CallVariant> variants) {
  RuleOutcome outcome;
  OccurrenceGroups groups(input);
  for (std::uint32_t call = 0; call < input.device.calls(); ++call) {
    if (input.device.kind[call] == CallKind::kOther || !input.steady(input.device.step[call]))
      continue;
    for (std::uint32_t i = 0; i < variants.size(); ++i) {
      if (!variants[i].matches(input, call)) continue;
      OccurrenceGroup *group = groups.addCall(i, call);
      if (group == nullptr || input.device.kind[call] != CallKind::kCopy) break;
      if (const std::uint32_t wait = waitBehind(input, call); wait != kNoIndex)
        groups.extendCall(*group, wait);
      break;
    }
  }
  for (const auto &[key, group] : groups) {
    const CallVariant &variant = variants[group.variant];
    Finding finding = advise(groups, group, variant.advice);
    finding.bytesPerStep = static_cast<std::int64_t>(group.bytesPerStep());
    if (std::string why = belowThreshold(variant, group);
        !why.empty() && group.recurrence() >= input.options.recurrence) {
      dismiss(group, std::move(finding), std::move(why), outcome, variant.fix);
    } else {
      judge(input, group, std::move(finding), true, outcome, variant.fix);
    }
  }
  return outcome;
}

} // namespace hotloop
