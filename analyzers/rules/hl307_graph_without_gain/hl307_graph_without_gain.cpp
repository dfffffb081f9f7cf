#include "analyzers/rules/call_rules.h"

namespace hotloop {

namespace {

// What a launch takes without profiling where the run has no plain ones (H100, whatif_h100), ns.
constexpr double kUsualLaunch = 5'500;

// Copies into the buffers of a graph come right before it.
double inputCopies(const RuleInput &input, std::uint32_t call) {
  double ns = 0;
  for (std::uint32_t before = input.device.previous[call]; before != kNoIndex;
       before = input.device.previous[before]) {
    if (input.device.kind[before] != CallKind::kCopy) break;
    ns += static_cast<double>(input.trace->apis.duration[before].count);
  }
  return ns;
}

constexpr Advice kAdvice = {
    "", "A CUDA graph is too small to pay for its launch",
    "Put more of the step into the graph, keep inputs at fixed addresses, or launch the kernels "
    "one "
    "by one.",
    "# before\nfor g in graphs:      # three kernels each\n    g.replay()\n\n# after\n"
    "whole.replay()",
    "A graph also keeps a busy host from delaying the device; measure before taking it out."};

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const double plain = medianLaunch(input);
  const double launch = plain > 0 ? plain : kUsualLaunch;
  OccurrenceGroups groups(input);
  for (std::uint32_t call = 0; call < input.device.calls(); ++call) {
    const std::uint32_t nodes = input.device.workCount(call);
    if (input.device.kind[call] != CallKind::kGraphLaunch || nodes == 0) continue;
    const double cost =
        static_cast<double>(input.trace->apis.duration[call].count) + inputCopies(input, call);
    if (cost >= nodes * launch) groups.addCall(0, call);
  }
  for (const auto &[key, group] : groups) {
    if (RuleFinding *found = judge(input, group, advise(groups, group, kAdvice), true, outcome))
      found->fix.whyNone = "What the nodes would cost as plain launches is only estimated.";
  }
  return outcome;
}

} // namespace

Rule hl307GraphWithoutGain() {
  return {"HL307", "graph_without_gain",
          "Launching a CUDA graph costs the host as much as its kernels would", run,
          Needs::kCalls | Needs::kKernels};
}

} // namespace hotloop
