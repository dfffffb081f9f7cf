#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "analyzers/rules/call_rules.h"

namespace hotloop {

namespace {

// A first launch that takes this many times the usual one has loaded or compiled its kernel.
constexpr double kSlowLaunch = 20;
constexpr std::int64_t kSlowest = 200'000; // ns; below it is noise of the host
constexpr std::int64_t kWarmSteps = 3;
constexpr std::size_t kFewestSteps = 2; // once is the end of warm-up
constexpr double kMaterialShare = 0.01; // of the time of the steady steps

constexpr Advice kAdvice = {
    "", "",
    "Run every shape once before the loop, or load early: CUDA_MODULE_LOADING=EAGER, a cache "
    "of compiled kernels, fixed shapes.",
    "# before\nfor x in data:            # a new length compiles or loads new kernels\n    "
    "model(x)\n\n"
    "# after\nfor n in lengths:         # once\n    model(torch.zeros(n, d, device=dev))\n"
    "for x in data:\n    model(x)",
    "In a long run it is paid once per kernel: it matters for the slowest steps, hardly for the "
    "mean."};

// First launches per kernel that were slow, and calls that load or compile, in steady steps.
std::vector<std::uint32_t> lateCalls(const RuleInput &input) {
  const DeviceFacts &facts = input.device;
  const double usual = medianLaunch(input);
  std::vector<std::uint8_t> seen(input.trace->strings.size());
  std::vector<std::uint32_t> late;
  for (std::uint32_t call = 0; call < facts.calls(); ++call) {
    const bool loads = facts.kind[call] == CallKind::kModuleLoad;
    bool slow = false;
    const auto work = facts.workOf(call);
    if (facts.kind[call] == CallKind::kLaunch && work && work->kind == ItemKind::kKernel) {
      std::uint8_t &known = seen[input.trace->kernels.name[work->row].value];
      const auto took = static_cast<double>(input.trace->apis.duration[call].count);
      slow = known == 0 && took > kSlowLaunch * usual && took > kSlowest;
      known = 1;
    }
    const std::uint32_t step = facts.step[call];
    if ((loads || slow) && input.steady(step) && step >= kWarmSteps) late.push_back(call);
  }
  return late;
}

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const std::vector<std::uint32_t> late = lateCalls(input);
  if (late.empty()) return outcome;
  OccurrenceGroups groups(input);
  OccurrenceGroup all;
  std::map<std::uint32_t, double> perStep; // ns
  std::map<SiteIndex, double> perSite;
  for (const std::uint32_t call : late) {
    const auto took = static_cast<double>(input.trace->apis.duration[call].count);
    perStep[input.device.step[call]] += took;
    perSite[input.device.site[call]] += took;
    all.calls.push_back(call);
    if (all.evidence.size() < OccurrenceGroups::kEvidenceRows)
      all.evidence.push_back(callEvidence(input, call));
  }
  double sum = 0, worst = 0;
  for (const auto &[step, ns] : perStep) {
    sum += ns;
    worst = std::max(worst, ns);
  }
  all.site = std::ranges::max_element(perSite, {}, [](const auto &e) { return e.second; })->first;
  const auto steps = static_cast<double>(input.steps.steady.size());
  Finding finding = advise(groups, all, kAdvice);
  finding.title = fmt::format("Kernels are loaded or compiled in {} of {:.0f} steady steps, up to "
                              "{:.1f} ms in one",
                              perStep.size(), steps, worst * 1e-6);
  finding.perStep = static_cast<double>(late.size()) / steps;
  finding.hostTime = Nanoseconds(static_cast<std::int64_t>(sum / steps));
  finding.felt = Felt::kMeasured;
  finding.device.reset();
  FixPlan none;
  none.whyNone =
      "It is paid once per kernel, so it lengthens the slowest steps and not the usual one.";
  RuleFinding result{std::move(finding), {}, {}, all.calls, std::move(none)};
  const double share =
      sum / (steps * static_cast<double>(std::max<std::int64_t>(input.stepDuration.count, 1)));
  if (perStep.size() < kFewestSteps) {
    result.finding.mayNotPay = "It happens in a single steady step: a longer warm-up takes it in.";
    outcome.notWorth.push_back(std::move(result));
  } else if (share >= kMaterialShare) {
    outcome.findings.push_back(std::move(result));
  } else {
    result.finding.mayNotPay =
        fmt::format("It takes {:.2f} % of the time of the steady steps, below "
                    "the threshold of 1 %.",
                    100 * share);
    outcome.notWorth.push_back(std::move(result));
  }
  return outcome;
}

} // namespace

Rule hl308LateLoading() {
  return {"HL308", "late_loading", "Kernels are loaded or compiled in the steady loop", run,
          Needs::kCalls};
}

} // namespace hotloop
