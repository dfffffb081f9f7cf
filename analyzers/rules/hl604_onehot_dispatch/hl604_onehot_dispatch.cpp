#include <fmt/format.h>

#include "analyzers/rules/called_ops.h"
#include "analyzers/rules/occurrences.h"

namespace hotloop {

namespace {

constexpr double kMaterialShare = 0.05; // of the step
constexpr std::size_t kFarthest = 24;

constexpr std::string_view kOneHot[] = {"aten::one_hot"};
constexpr std::string_view kProducts[] = {"aten::einsum", "aten::bmm", "aten::matmul", "aten::mm"};

constexpr Advice kAdvice = {
    "", "Tokens go to their experts by products with one-hot matrices",
    "Sort the tokens by expert and gather their rows; scatter them back with their weights.",
    "# before\nmask = F.one_hot(expert, E)\nxe = torch.einsum(\"te,td->etd\", mask, x)\n\n# after\n"
    "order = expert.argsort()\nxs = x[order]            # rows of one expert stand together",
    "With few tokens the products are as quick as the sort."};

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const NameSet oneHot(input, kOneHot), products(input, kProducts);
  OccurrenceGroups groups(input);
  for (const CalledRun &called : calledOps(input)) {
    for (std::size_t i = 0; i < called.ops.size(); ++i) {
      if (!oneHot.contains(input.trace->ops.name[called.ops[i].op])) continue;
      OccurrenceGroup *group = nullptr;
      // The dispatch and the combination; the products of the experts between them are no part.
      std::uint32_t einsums = 0;
      const std::size_t end = std::min(called.ops.size(), i + kFarthest);
      for (std::size_t k = i + 1; k < end; ++k) {
        const std::uint32_t op = called.ops[k].op;
        if (oneHot.contains(input.trace->ops.name[op])) break;
        if (!products.contains(input.trace->ops.name[op])) continue;
        if (++einsums == 1) {
          group = groups.addOp(0, op);
        } else if (group != nullptr &&
                   input.trace.text(input.trace->ops.name[op]) == "aten::einsum") {
          groups.extend(*group, op);
        }
      }
    }
  }
  for (const auto &[key, group] : groups)
    judgeShare(input, group, advise(groups, group, kAdvice), costPerStep(input, group),
               kMaterialShare, "a step in these products", outcome,
               {.whyNone = "The time of the gather that replaces them is not in this run.",
                .bounded = true});
  return outcome;
}

} // namespace

Rule hl604OnehotDispatch() {
  return {"HL604", "onehot_dispatch", "Dispatch to experts by products with one-hot matrices", run,
          Needs::kOperators};
}

} // namespace hotloop
