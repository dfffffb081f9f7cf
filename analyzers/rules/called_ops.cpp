#include "analyzers/rules/called_ops.h"

#include <algorithm>

namespace hotloop {

std::vector<CalledRun> calledOps(const RuleInput &input) {
  const OpFacts &facts = input.ops;
  std::vector<CalledRun> runs;
  constexpr std::uint16_t kMost = 0xFFFF;
  for (const LaneOps &lane : facts.lanes) {
    std::uint32_t step = kNoIndex;
    for (const std::uint32_t op : lane.ops) {
      if (!input.steady(facts.step[op]) || facts.backward[op] != 0 || facts.isOperator[op] == 0)
        continue;
      if (facts.step[op] != step) {
        step = facts.step[op];
        runs.push_back({lane.lane, {}});
      }
      auto &ops = runs.back().ops;
      const std::uint32_t parent = facts.parent[op];
      if (parent == kNoIndex || facts.isOperator[parent] == 0) ops.push_back({op, step, 0, 0});
      // A child that begins in the next step than its parent does not happen in a well-formed run.
      if (ops.empty()) continue;
      CalledOp &called = ops.back();
      called.launches = static_cast<std::uint16_t>(
          std::min<std::uint32_t>(kMost, std::uint32_t{called.launches} + facts.launches[op]));
      called.syncs = static_cast<std::uint16_t>(
          std::min<std::uint32_t>(kMost, std::uint32_t{called.syncs} + facts.hostSync[op]));
    }
  }
  return runs;
}

NameSet::NameSet(const RuleInput &input, std::span<const std::string_view> names)
    : in_(input.trace->strings.size()) {
  for (const std::string_view name : names)
    if (const StringId id = input.name(name)) in_[id.value] = true;
}

} // namespace hotloop
