#include "analyzers/rules/kernel_rules.h"

#include "core/base/stop.h"

#include <algorithm>

namespace hotloop {

namespace {

bool containsOne(std::string_view name, std::initializer_list<std::string_view> parts) {
  return std::ranges::any_of(
      parts, [&](std::string_view part) { return name.find(part) != std::string_view::npos; });
}

OccurrenceGroup merged(const OccurrenceGroup &a, const OccurrenceGroup &b) {
  OccurrenceGroup sum = a.workPerStep() >= b.workPerStep() ? a : b;
  const OccurrenceGroup &other = a.workPerStep() >= b.workPerStep() ? b : a;
  for (std::size_t i = 0; i < sum.count.size(); ++i) {
    sum.count[i] += other.count[i];
    sum.work[i] += other.work[i];
  }
  sum.calls.insert(sum.calls.end(), other.calls.begin(), other.calls.end());
  return sum;
}

} // namespace

KernelTrait kernelTraits(std::string_view name) {
  using enum KernelTrait;
  if (name.find("nccl") != std::string_view::npos || name.find("rccl") != std::string_view::npos)
    return kCollective;
  KernelTrait traits = kNone;
  const bool generated = name.starts_with("triton_");
  if (!generated && containsOne(name, {"gemm", "cutlass", "nvjet", "Kernel2", "conv", "wgrad",
                                       "dgrad", "gemv"})) {
    traits = traits | kProduct;
    const bool half = containsOne(name, {"bf16", "f16", "half", "bfloat16", "hgemm", "nvjet_sm90_h",
                                         "s16816", "h884", "h1688"});
    const bool tensorCores = half || containsOne(name, {"tf32", "s1688", "tensorop", "nvjet"});
    if (half) traits = traits | kHalf;
    if (!tensorCores && containsOne(name, {"sgemm", "ffma", "simt", "f32f32", "scudnn"}))
      traits = traits | kFp32;
    if (containsOne(name, {"align1", "align2", "aligna1_", "aligna2_", "alignc1_", "alignc2_"}))
      traits = traits | kUnaligned;
    return traits;
  }
  if (containsOne(name, {"bfloat16_copy_kernel", "float16_copy_kernel", "tofloat32_copy_kernel",
                         "float8_copy_kernel", "tofloat16_copy"}))
    return kCast | kPointwise;
  if (containsOne(name, {"elementwise_kernel"})) traits = traits | kPointwise;
  if (containsOne(name, {"reduce_kernel", "softmax"})) traits = traits | kReduction;
  return traits;
}

KernelKinds::KernelKinds(const RuleInput &input)
    : input_(input), ofName_(input.trace->strings.size(), KernelTrait::kNone) {
  std::vector<bool> known(ofName_.size());
  for (const StringId name : input.trace->kernels.name) {
    if (known[name.value]) continue;
    known[name.value] = true;
    ofName_[name.value] = kernelTraits(input.trace.text(name));
  }
}

KernelTrait KernelKinds::of(const DeviceItem &item) const {
  return item.kind == ItemKind::kKernel ? ofName_[input_.trace->kernels.name[item.row].value]
                                        : KernelTrait::kNone;
}

RuleOutcome judgeKernels(const RuleInput &input, const KernelRule &rule) {
  RuleOutcome outcome;
  const KernelKinds kinds(input);
  OccurrenceGroups groups(input);
  for (std::uint32_t i = 0; i < input.device.work.size(); ++i) {
    stopPoint(i);
    const DeviceItem item = input.device.work[i];
    if (item.kind == ItemKind::kKernel && input.steady(item.step) &&
        rule.matches(input, item, kinds.of(item)))
      groups.addWork(0, i);
  }
  std::vector<OccurrenceGroup> places;
  for (auto &[key, group] : groups) {
    if (rule.oneCause && !places.empty())
      places.front() = merged(places.front(), group);
    else
      places.push_back(group);
  }
  for (const OccurrenceGroup &group : places) {
    FixPlan fix{.kind = rule.fix,
                .factor = rule.factor,
                .modelled = rule.modelled,
                .whyNone = std::string(rule.whyNone),
                .bounded = true};
    Finding finding = advise(groups, group, rule.advice);
    finding.hostTime = Nanoseconds();
    finding.device.reset();
    finding.felt = Felt::kMeasured;
    judgeShare(input, group, std::move(finding), group.workPerStep(), rule.leastShare, rule.what,
               outcome, std::move(fix));
    // Kernels have causes of their own: the calls stay free for rules about the host.
    if (!outcome.findings.empty()) {
      RuleFinding &last = outcome.findings.back();
      if (last.fix.calls.empty()) last.fix.calls = std::move(last.calls);
      last.calls.clear();
    }
  }
  return outcome;
}

std::uint32_t multiprocessorsOf(const RuleInput &input, StreamId stream) {
  const auto &trace = *input.trace;
  if (stream.value == 0 || stream.value > trace.streams.device.size()) return 0;
  const DeviceId device = trace.streams.device[stream.value - 1];
  if (device.value == 0 || device.value > trace.devices.multiprocessors.size()) return 0;
  return trace.devices.multiprocessors[device.value - 1];
}

std::uint64_t blocksOf(const RuleInput &input, const DeviceItem &kernel) {
  const auto &rows = input.trace->kernels;
  return std::uint64_t{rows.gridX[kernel.row]} * std::max(rows.gridY[kernel.row], 1u) *
         std::max(rows.gridZ[kernel.row], 1u);
}

} // namespace hotloop
