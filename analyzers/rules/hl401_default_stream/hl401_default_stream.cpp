#include <optional>

#include <fmt/format.h>

#include "analyzers/rules/call_rules.h"

namespace hotloop {

namespace {

constexpr double kMaterialShare = 0.05;     // of the step
constexpr std::uint32_t kDefaultStream = 7; // CUPTI's id of the legacy default stream
constexpr Nanoseconds kTouching{5'000};

constexpr Advice kAdvice = {
    "", "Work on the default stream and work on other streams wait for each other",
    "Make the other streams non-blocking, or compile with --default-stream per-thread.",
    "// before\ncudaStreamCreate(&side);\n\n// after\n"
    "cudaStreamCreateWithFlags(&side, cudaStreamNonBlocking);",
    "Kernels that fill the device gain nothing from running at once."};

// Work that was launched early, begins just when work of the other kind of stream ends, and was not
// told to wait for it by an event.
RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const auto &streams = input.trace->streams;
  const auto isDefault = [&](StreamId stream) {
    return stream.value != 0 && stream.value <= streams.cudaStream.size() &&
           streams.cudaStream[stream.value - 1] == kDefaultStream;
  };
  const auto &syncs = input.trace->syncs;
  std::vector<std::uint8_t> waits(streams.id.size() + 1); // streams that wait for events
  for (std::size_t i = 0; i < syncs.start.size(); ++i)
    if (syncs.kind[i] == 2 && syncs.stream[i].value < waits.size())
      waits[syncs.stream[i].value] = 1;
  OccurrenceGroups groups(input);
  std::optional<DeviceItem> last;
  for (std::uint32_t i = 0; i < input.device.work.size(); ++i) {
    const DeviceItem item = input.device.work[i];
    if (item.kind != ItemKind::kKernel) continue;
    if (last && item.call != kNoIndex && input.steady(item.step) &&
        isDefault(item.stream) != isDefault(last->stream) && item.start >= last->end &&
        item.start - last->end < kTouching && item.stream.value < waits.size() &&
        waits[item.stream.value] == 0 &&
        input.trace->apis.start[item.call] + input.trace->apis.duration[item.call] + kTouching <
            last->end)
      groups.addWork(0, i);
    if (!last || item.end > last->end) last = item;
  }
  for (const auto &[key, group] : groups)
    judgeShare(input, group, advise(groups, group, kAdvice), group.workPerStep(), kMaterialShare,
               "a step in kernels that could have begun earlier", outcome,
               {.kind = FixKind::kOverlapStreams});
  return outcome;
}

} // namespace

Rule hl401DefaultStream() {
  return {"HL401", "default_stream",
          "The legacy default stream and other streams wait for each other", run,
          Needs::kCalls | Needs::kKernels};
}

} // namespace hotloop
