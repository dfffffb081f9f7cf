#include <fmt/format.h>

#include "analyzers/rules/call_rules.h"

namespace hotloop {

namespace {

constexpr double kWaitsPerLaunch = 0.5;
constexpr double kFewest = 8; // waits a step

constexpr Advice kAdvice = {
    "", "", "Let streams wait for each other once per phase, not around every kernel.",
    "# before\nfor layer in layers:\n    side.wait_stream(main); run(layer, side); "
    "main.wait_stream(side)\n\n# after\nside.wait_stream(main)\nfor layer in layers: run(layer, "
    "side)\n"
    "main.wait_stream(side)",
    "Waits that carry a real dependency have to stay."};

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  OccurrenceGroups groups(input);
  std::vector<double> launches(input.steps.steady.size()), waits(launches.size());
  for (std::uint32_t call = 0; call < input.device.calls(); ++call) {
    const std::uint32_t step = input.device.step[call];
    if (!input.steady(step)) continue;
    if (startsWork(input.device.kind[call])) launches[groups.positionOf(step)] += 1;
    if (input.device.kind[call] != CallKind::kStreamWait) continue;
    waits[groups.positionOf(step)] += 1;
    groups.addCall(0, call);
  }
  const double each = median(waits), all = median(launches);
  for (const auto &[key, group] : groups) {
    Finding finding = advise(groups, group, kAdvice);
    finding.title = fmt::format(
        "Streams wait for each other {:.0f} times a step, for {:.0f} launches", each, all);
    if (each < kFewest || each <= kWaitsPerLaunch * all)
      dismiss(group, std::move(finding),
              fmt::format("That is {:.2f} waits per launch, below the threshold of {:.1f}.",
                          all > 0 ? each / all : 0, kWaitsPerLaunch),
              outcome, FixKind::kOverlapStreams);
    else
      judge(input, group, std::move(finding), true, outcome, FixKind::kOverlapStreams);
  }
  return outcome;
}

} // namespace

Rule hl403StreamPingPong() {
  return {"HL403", "stream_ping_pong", "Streams wait for each other around nearly every launch",
          run, Needs::kCalls | Needs::kKernels};
}

} // namespace hotloop
