#include <algorithm>
#include <string>

#include "analyzers/rules/call_rules.h"

namespace hotloop {

namespace {

// Captures of warm-up are over by then; one in ten steps is no warm-up any more.
constexpr double kOften = 0.1;

constexpr Advice kAdvice = {
    "", "CUDA graphs are captured, instantiated or updated again and again",
    "Keep one graph per shape: round shapes up to a few buckets, and replay the graph of the "
    "bucket.",
    "# before\nfor x in data:\n    with torch.cuda.graph(g := torch.cuda.CUDAGraph()):\n"
    "        y = model(x)\n    g.replay()\n\n# after\ngraphs = {n: capture(n) for n in buckets}\n"
    "for x in data:\n    static_x[: len(x)].copy_(x); graphs[bucket(len(x))].replay()",
    "A padded batch computes rows that are thrown away."};

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  OccurrenceGroups groups(input);
  const auto endsCapture = [&](std::uint32_t call) {
    return input.trace.text(input.trace->apis.name[call]).find("EndCapture") != std::string::npos;
  };
  std::vector<std::uint32_t> builds;
  for (std::uint32_t call = 0; call < input.device.calls(); ++call)
    if (input.device.kind[call] == CallKind::kGraphBuild) builds.push_back(call);
  // The end of a capture belongs to the instantiation that follows, where that is on record.
  const bool instantiates = !std::all_of(builds.begin(), builds.end(), endsCapture);
  for (const std::uint32_t call : builds)
    if (!instantiates || !endsCapture(call)) groups.addCall(0, call);
  for (const auto &[key, group] : groups) {
    Finding finding = advise(groups, group, kAdvice);
    double count = 0, late = 0;
    for (std::size_t i = 0; i < group.count.size(); ++i) {
      count += group.count[i];
      if (2 * i >= group.count.size()) late += group.count[i];
    }
    const auto steps = static_cast<double>(group.count.size());
    finding.perStep = count / steps;
    if (count < kOften * steps || late < 0.5 * kOften * steps || late < 2) {
      finding.mayNotPay = "It happens in few steps, as warm-up of the graphs does.";
      outcome.notWorth.push_back({std::move(finding), {}, {}, {}, {.kind = FixKind::kKeepGraphs}});
      continue;
    }
    double ns = 0;
    for (const double step : group.hostTime) ns += step;
    finding.hostTime = Nanoseconds(static_cast<std::int64_t>(ns / steps));
    outcome.findings.push_back(
        {std::move(finding), {}, {}, group.calls, {.kind = FixKind::kKeepGraphs}});
  }
  return outcome;
}

} // namespace

Rule hl306GraphRebuild() {
  return {"HL306", "graph_rebuild", "A CUDA graph is instantiated or updated in the steady loop",
          run, Needs::kCalls};
}

} // namespace hotloop
