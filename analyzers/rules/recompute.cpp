#include "analyzers/rules/recompute.h"

#include <algorithm>

namespace hotloop {

std::vector<std::uint32_t> recomputedOps(const RuleInput &input) {
  const auto &ops = input.trace->ops;
  std::vector<std::uint32_t> result;
  for (std::uint32_t op = 0; op < input.ops.size(); ++op) {
    if (ops.sequence[op] < 0 || ops.scope[op] != OpScope::kFunction ||
        input.ops.isOperator[op] == 0 || !input.steady(input.ops.step[op]))
      continue;
    bool inside = false, outermost = true;
    for (std::uint32_t up = input.ops.parent[op]; up != kNoIndex && !inside;
         up = input.ops.parent[up]) {
      inside = ops.scope[up] == OpScope::kBackwardFunction;
      outermost = outermost && (input.ops.isOperator[up] == 0 || ops.sequence[up] < 0);
    }
    if (inside && outermost) result.push_back(op);
  }
  return result;
}

double peakBytes(const RuleInput &input) {
  const auto &rows = input.trace->allocations;
  std::int64_t peak = 0;
  for (std::size_t i = 0; i < rows.start.size(); ++i)
    if (rows.allocator[i] == Allocator::kTorchCuda) peak = std::max(peak, rows.totalAllocated[i]);
  return static_cast<double>(peak);
}

double deviceBytes(const RuleInput &input) {
  std::uint64_t most = 0;
  for (const std::uint64_t bytes : input.trace->devices.memory) most = std::max(most, bytes);
  return static_cast<double>(most);
}

} // namespace hotloop
