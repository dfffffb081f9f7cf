#include "analyzers/rules/launch_order.h"

#include <algorithm>

namespace hotloop {

std::vector<std::uint32_t> callsOfStep(const RuleInput &input, std::uint32_t step) {
  const auto &starts = input.trace->apis.start;
  const Step &window = input.steps.all[step];
  const auto first = std::ranges::lower_bound(starts, window.start) - starts.begin();
  std::vector<std::uint32_t> calls;
  for (auto call = static_cast<std::uint32_t>(first);
       call < starts.size() && starts[call] < window.end; ++call)
    if (input.device.kind[call] != CallKind::kOther && input.device.step[call] == step)
      calls.push_back(call);
  return calls;
}

namespace {

// More than this is a pause of the host: loading, logging. Launches of eager programs are some tens
// of microseconds apart, also under a profiler.
constexpr std::int64_t kLongestGap = 200'000; // ns

// The device was made to run dry, by a wait since the launch before.
bool comesAfterWait(const DeviceFacts &facts, std::uint32_t call) {
  for (std::uint32_t before = facts.previous[call]; before != kNoIndex;
       before = facts.previous[before]) {
    if (waitsForDevice(facts.kind[before]) || facts.waited[before] > 0) return true;
    if (startsWork(facts.kind[before])) return false;
  }
  return false;
}

} // namespace

std::vector<std::int64_t> hostLateIdle(const RuleInput &input) {
  const DeviceFacts &facts = input.device;
  std::vector<std::int64_t> late(facts.calls());
  std::size_t next = 0;
  for (const DeviceItem work : facts.work.all()) {
    while (next < facts.busyEnd.size() && facts.busyEnd[next] < work.start) ++next;
    if (next == 0 || next >= facts.busyEnd.size() || facts.busyStart[next] != work.start ||
        work.call == kNoIndex)
      continue;
    const Nanoseconds dry = facts.busyEnd[next - 1];
    const Nanoseconds launched = input.trace->apis.start[work.call];
    const Nanoseconds called = launched + input.trace->apis.duration[work.call];
    const std::int64_t idle = (work.start - dry).count;
    if (called > dry && idle <= kLongestGap && !comesAfterWait(facts, work.call))
      late[work.call] = idle;
  }
  return late;
}

} // namespace hotloop
