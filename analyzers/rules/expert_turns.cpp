#include "analyzers/rules/expert_turns.h"

#include "analyzers/rules/hl104_expert_loop/expert_runs.h"
#include "analyzers/rules/hl603_expert_products/product_loops.h"

namespace hotloop {

std::vector<ExpertTurns> expertTurns(const RuleInput &input) {
  std::vector<ExpertTurns> all;
  const ExpertRuns waiting(input);
  const ProductLoops products(input);
  for (const CalledRun &run : calledOps(input)) {
    std::vector<std::uint8_t> taken(run.ops.size());
    // A turn begins where its first operator comes again.
    for (const LoopRun &loop : waiting.find(run)) {
      ExpertTurns turns;
      const auto begins = [&](std::uint32_t op) {
        return input.trace->ops.name[op] == input.trace->ops.name[loop.anchor] &&
               input.ops.site[op] == input.ops.site[loop.anchor];
      };
      for (std::size_t k = loop.first; k <= loop.last; ++k) {
        taken[k] = 1;
        const std::uint32_t op = run.ops[k].op;
        if (turns.empty() || begins(op)) turns.emplace_back();
        turns.back().push_back(op);
      }
      all.push_back(std::move(turns));
    }
    for (const auto &[loop, count] : products.find(run)) {
      if (taken[loop.first] != 0) continue;
      ExpertTurns turns(loop.turns);
      const std::size_t length = (loop.last - loop.first + 1) / loop.turns;
      for (std::size_t k = loop.first; k <= loop.last; ++k)
        turns[(k - loop.first) / length].push_back(run.ops[k].op);
      all.push_back(std::move(turns));
    }
  }
  return all;
}

} // namespace hotloop
