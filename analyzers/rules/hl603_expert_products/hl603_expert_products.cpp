#include <map>
#include <optional>

#include <fmt/format.h>

#include "analyzers/rules/hl603_expert_products/product_loops.h"
#include "analyzers/rules/occurrences.h"
#include "analyzers/rules/replaced_time.h"

namespace hotloop {

namespace {

constexpr Advice kAdvice = {
    "", "",
    "Run them as one grouped or batched product: torch._grouped_mm with offsets, or bmm over "
    "stacked weights.",
    "# before\nfor e in range(experts):\n    y[lo[e]:lo[e + 1]] = x[lo[e]:lo[e + 1]] @ w[e]\n\n"
    "# after\ny = torch._grouped_mm(x, w, offs=offsets)",
    "When every expert gets thousands of rows, each product fills the device by itself."};

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const ProductLoops finder(input);
  OccurrenceGroups groups(input);
  std::optional<ReplacedTime> time; // looks at every operator: only for a run with loops
  std::map<const OccurrenceGroup *, double> productsAt;
  std::map<const OccurrenceGroup *, FixPlan> fixes;
  for (const CalledRun &called : calledOps(input)) {
    for (const auto &[loop, count] : finder.find(called)) {
      OccurrenceGroup *group = groups.addOp(0, called.ops[loop.first].op);
      if (group == nullptr) continue;
      group->count[groups.positionOf(called.ops[loop.first].step)] += loop.turns - 1;
      productsAt[group] += count;
      if (!time) time.emplace(input);
      const HostLoop forward = hostLoop(input, called, loop.first, loop.last, loop.turns);
      auto &loops = fixes[group].loops;
      for (const HostLoop &one : time->withBackward(called.ops[loop.first].step, forward))
        loops.push_back(one);
      for (std::size_t k = loop.first + 1; k <= loop.last; ++k)
        groups.extend(*group, called.ops[k].op);
    }
  }
  for (const auto &[key, group] : groups) {
    Finding finding = advise(groups, group, kAdvice);
    finding.title = fmt::format("{:.0f} products of the same shape of weights, one after the other",
                                productsAt[&group] / static_cast<double>(group.count.size()));
    RuleFinding *found = judge(input, group, std::move(finding), true, outcome);
    if (found == nullptr) continue;
    FixPlan &fix = found->fix = std::move(fixes[&group]);
    fix.kind = FixKind::kBatchLoops;
    fix.bounded = true;
  }
  return outcome;
}

} // namespace

Rule hl603ExpertProducts() {
  return {"HL603", "expert_products", "A loop of products over experts or groups, without waits",
          run, Needs::kOperators};
}

} // namespace hotloop
