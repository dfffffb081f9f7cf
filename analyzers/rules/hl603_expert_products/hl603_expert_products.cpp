#include <map>

#include <fmt/format.h>

#include "analyzers/rules/hl603_expert_products/product_loops.h"
#include "analyzers/rules/occurrences.h"

namespace hotloop {

namespace {

constexpr std::uint32_t kGroupedLaunches = 2; // its products, without what stands between them

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
  std::map<const OccurrenceGroup *, double> productsAt;
  std::map<const OccurrenceGroup *, FixPlan> fixes;
  for (const CalledRun &called : calledOps(input)) {
    for (const auto &[loop, count] : finder.find(called)) {
      OccurrenceGroup *group = groups.addOp(0, called.ops[loop.first].op);
      if (group == nullptr) continue;
      group->count[groups.positionOf(called.ops[loop.first].step)] += loop.turns - 1;
      productsAt[group] += count;
      auto &ops = fixes[group].groups.emplace_back();
      for (std::size_t k = loop.first; k <= loop.last; ++k) ops.push_back(called.ops[k].op);
      for (std::size_t k = 1; k < ops.size(); ++k) groups.extend(*group, ops[k]);
    }
  }
  for (const auto &[key, group] : groups) {
    Finding finding = advise(groups, group, kAdvice);
    finding.title = fmt::format("{:.0f} products of the same shape of weights, one after the other",
                                productsAt[&group] / static_cast<double>(group.count.size()));
    RuleFinding *found = judge(input, group, std::move(finding), true, outcome);
    if (found == nullptr) continue;
    FixPlan &fix = found->fix = std::move(fixes[&group]);
    fix.kind = FixKind::kReplaceLoop; // the grouped product does the same work in fewer launches
    fix.keptLaunches = kGroupedLaunches;
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
