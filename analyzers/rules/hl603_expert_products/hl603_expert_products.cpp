#include <map>

#include <fmt/format.h>

#include "analyzers/rules/batched_loops.h"
#include "analyzers/rules/hl603_expert_products/product_loops.h"

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
  BatchedLoops loops(input, groups);
  std::map<const OccurrenceGroup *, double> productsAt;
  for (const CalledRun &called : calledOps(input))
    for (const auto &[loop, count] : finder.find(called))
      if (const OccurrenceGroup *group = loops.add(called, loop)) productsAt[group] += count;
  for (const auto &[key, group] : groups) {
    Finding finding = advise(groups, group, kAdvice);
    finding.title = fmt::format("{:.0f} products of the same shape of weights, one after the other",
                                productsAt[&group] / static_cast<double>(group.count.size()));
    RuleFinding *found = judge(input, group, std::move(finding), true, outcome);
    if (found != nullptr) found->fix = loops.takeFix(group);
  }
  return outcome;
}

} // namespace

Rule hl603ExpertProducts() {
  return {"HL603", "expert_products", "A loop of products over experts or groups, without waits",
          run, Needs::kOperators};
}

} // namespace hotloop
