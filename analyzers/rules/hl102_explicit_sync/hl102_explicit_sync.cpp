#include "analyzers/rules/call_rules.h"

namespace hotloop {

namespace {

// A wait with a copy to the host before it, since the wait before, has a reader.
bool hasReader(const RuleInput &input, std::uint32_t call) {
  constexpr int kFarthest = 64;
  std::uint32_t before = input.device.previous[call];
  for (int i = 0; i < kFarthest && before != kNoIndex; ++i) {
    if (waitsForDevice(input.device.kind[before])) return false;
    if (directionOf(input, before) == CopyDirection::kToHost) return true;
    before = input.device.previous[before];
  }
  return false;
}

// The wait right behind a copy belongs to the copy.
bool isBehindCopy(const RuleInput &input, std::uint32_t call) {
  const std::uint32_t before = input.device.previous[call];
  return before != kNoIndex && directionOf(input, before) != CopyDirection::kOther &&
         waitBehind(input, before) == call;
}

// A program that measures itself has to wait.
bool isTiming(const RuleInput &input, std::uint32_t call) {
  const std::string path = input.paths.text(input.device.path[call]);
  return path.find("bench") != path.npos || path.find("timing") != path.npos;
}

template <CallKind kKind> bool matches(const RuleInput &input, std::uint32_t call) {
  return input.device.kind[call] == kKind && !isBehindCopy(input, call) &&
         !hasReader(input, call) && !isTiming(input, call);
}

constexpr std::string_view kMayNotPay =
    "When the host is ahead of the device by less than the wait, or reads a result right after it, "
    "the wait only moves to the next place that waits.";

constexpr CallVariant kVariants[] = {
    {{"device", "The host waits for the whole device, and nothing is read afterwards",
      "Delete the call; work on a stream is in order without it.",
      "# before\ny = layer(x)\ntorch.cuda.synchronize()\n\n# after\ny = layer(x)", kMayNotPay},
     matches<CallKind::kDeviceSync>,
     FixKind::kRemoveSync},
    {{"stream", "The host waits for a stream, and nothing is read afterwards",
      "Delete the call, or let the stream that needs the result wait for an event.",
      "# before\ny = layer(x)\ntorch.cuda.current_stream().synchronize()\n\n# after\ny = layer(x)",
      kMayNotPay},
     matches<CallKind::kStreamSync>,
     FixKind::kRemoveSync},
    {{"event", "The host waits for an event, and nothing is read afterwards",
      "Let the stream wait for the event instead of the host, or delete both.",
      "# before\nevent.record()\nevent.synchronize()\n\n# after: the other stream waits\n"
      "event.record()\nother.wait_event(event)",
      kMayNotPay},
     matches<CallKind::kEventSync>,
     FixKind::kRemoveSync},
};

RuleOutcome run(const RuleInput &input) { return judgeCalls(input, kVariants); }

} // namespace

Rule hl102ExplicitSync() {
  return {"HL102", "explicit_sync",
          "The host waits for the device although nothing is read afterwards", run, Needs::kCalls};
}

} // namespace hotloop
