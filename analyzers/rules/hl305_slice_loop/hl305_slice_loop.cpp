#include <map>

#include <fmt/format.h>

#include "analyzers/rules/batched_loops.h"

namespace hotloop {

namespace {

constexpr std::uint32_t kTurns = 10;
constexpr double kMaterialLaunches = 16; // of a step

constexpr std::string_view kSlices[] = {"aten::select", "aten::slice", "aten::narrow"};

constexpr Advice kAdvice = {
    "", "",
    "Do it in one operator over the whole tensor: broadcasting, bmm, a gather, a grouped product.",
    "# before\nfor h in range(heads):\n    out[h] = q[h] @ k[h].T\n\n# after\n"
    "out = torch.bmm(q, k.transpose(1, 2))",
    "Where each turn needs the result of the one before, the loop stays: a CUDA graph then takes "
    "the "
    "launches."};

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const NameSet slices(input, kSlices);
  OccurrenceGroups groups(input);
  BatchedLoops loops(input, groups);
  std::map<const OccurrenceGroup *, double> launches;
  for (const CalledRun &called : calledOps(input)) {
    for (const RepeatedLoop &loop : findLoops(input, called, slices, kTurns)) {
      double inLoop = 0;
      for (std::size_t k = loop.first; k <= loop.last; ++k) inLoop += called.ops[k].launches;
      if (inLoop < loop.turns) continue; // views only
      if (const OccurrenceGroup *group = loops.add(called, loop)) launches[group] += inLoop;
    }
  }
  for (const auto &[key, group] : groups) {
    const double each = launches[&group] / static_cast<double>(group.count.size());
    Finding finding = advise(groups, group, kAdvice);
    finding.title =
        fmt::format("A loop over slices: {:.0f} turns and {:.0f} launches in every step",
                    group.perStep(), each);
    RuleFinding *found =
        judge(input, group, std::move(finding), each >= kMaterialLaunches, outcome);
    if (found != nullptr) found->fix = loops.takeFix(group);
  }
  return outcome;
}

} // namespace

Rule hl305SliceLoop() {
  return {"HL305", "slice_loop", "A Python loop over the slices of a tensor", run,
          Needs::kOperators};
}

} // namespace hotloop
