#include <map>

#include <fmt/format.h>

#include "analyzers/rules/kernel_rules.h"

namespace hotloop {

namespace {

constexpr std::size_t kShortest = 3, kLongest = 15;
constexpr double kMaterialShare = 0.01; // of the step

// Pointwise kernels that follow each other on a stream over the same number of elements: likely
// each reads what the one before wrote.
class Chains {
public:
  explicit Chains(const RuleInput &input) : input_(input), kinds_(input) {}

  std::vector<std::vector<std::uint32_t>> find() const {
    std::vector<std::vector<std::uint32_t>> chains;
    std::map<StreamId, std::vector<std::uint32_t>> open;
    for (std::uint32_t i = 0; i < input_.device.work.size(); ++i) {
      const DeviceItem item = input_.device.work[i];
      std::vector<std::uint32_t> &chain = open[item.stream];
      const bool fits = isLink(item) && (chain.empty() || follows(chain, item));
      if (!fits) {
        keep(chain, chains);
        chain.clear();
      }
      if (isLink(item)) chain.push_back(i);
    }
    for (auto &[stream, chain] : open) keep(chain, chains);
    return chains;
  }

private:
  bool isLink(const DeviceItem &item) const {
    return has(kinds_.of(item), KernelTrait::kPointwise) && item.call != kNoIndex &&
           input_.steady(item.step) && input_.claimedCalls[item.call] == 0 &&
           input_.trace->kernels.graph[item.row] == 0;
  }
  std::uint64_t elements(const DeviceItem &item) const {
    return blocksOf(input_, item) * input_.trace->kernels.blockX[item.row];
  }
  bool follows(const std::vector<std::uint32_t> &chain, const DeviceItem &item) const {
    const DeviceItem last = input_.device.work[chain.back()];
    const double ratio = static_cast<double>(elements(item)) /
                         static_cast<double>(std::max<std::uint64_t>(elements(last), 1));
    return chain.size() < kLongest && item.step == last.step && item.call != last.call &&
           ratio > 0.45 && ratio < 2.2; // vectorised kernels take two or four elements per thread
  }
  static void keep(const std::vector<std::uint32_t> &chain,
                   std::vector<std::vector<std::uint32_t>> &chains) {
    if (chain.size() >= kShortest) chains.push_back(chain);
  }

  const RuleInput &input_;
  KernelKinds kinds_;
};

constexpr Advice kAdvice = {
    "", "", "Fuse them: torch.compile on the function, or one kernel.",
    "# before\ny = torch.sigmoid(a * x + b) * x\n\n# after\n@torch.compile\ndef gate(a, x, b):\n"
    "    return torch.sigmoid(a * x + b) * x",
    "What autograd keeps for the backward pass has to be written all the same, and compiling takes "
    "time for each new shape."};

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  OccurrenceGroups groups(input);
  std::map<const OccurrenceGroup *, FixPlan> fixes;
  std::map<const OccurrenceGroup *, double> chainsAt;
  for (const auto &chain : Chains(input).find()) {
    // Its place is that of the first kernel; a chain is one place however its lines are spread.
    OccurrenceGroup *group = groups.addWork(0, chain.front());
    if (group == nullptr) continue;
    chainsAt[group] += 1;
    const DeviceItem first = input.device.work[chain.front()];
    const std::uint32_t position = groups.positionOf(first.step);
    FixPlan &fix = fixes[group];
    for (std::size_t k = 1; k < chain.size(); ++k) {
      const DeviceItem item = input.device.work[chain[k]];
      group->count[position] += 1;
      group->work[position] += static_cast<double>(item.duration().count);
      group->calls.push_back(item.call);
      fix.calls.push_back(item.call);
    }
  }
  for (const auto &[key, group] : groups) {
    FixPlan &fix = fixes[&group];
    fix.kind = FixKind::kRemoveCalls;
    fix.modelled = true;
    Finding finding = advise(groups, group, kAdvice);
    const double chains = chainsAt[&group] / static_cast<double>(group.count.size());
    finding.title =
        fmt::format("{:.3g} pointwise kernels in {:.3g} chain{} read and write the same "
                    "data again and again",
                    group.perStep(), chains, chains > 1.5 ? "s" : "");
    finding.hostTime = Nanoseconds();
    finding.device.reset();
    finding.felt = Felt::kMeasured;
    judgeShare(input, group, std::move(finding), group.workPerStep(), kMaterialShare,
               "a step in these kernels", outcome, std::move(fix));
    if (!outcome.findings.empty()) outcome.findings.back().calls.clear();
  }
  return outcome;
}

} // namespace

Rule hl303UnfusedPointwise() {
  return {"HL303", "unfused_pointwise",
          "Chains of pointwise kernels over the same data, each launched by itself", run,
          Needs::kKernels | Needs::kCalls};
}

} // namespace hotloop
