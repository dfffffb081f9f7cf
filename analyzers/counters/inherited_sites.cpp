#include "analyzers/counters/inherited_sites.h"

namespace hotloop {

void inheritSites(OpFacts &ops, AllocationFacts &allocations) {
  // Filled from the inside; an earlier row inside overrides a later one.
  std::vector<std::uint8_t> open(ops.size());
  for (std::size_t op = 0; op < ops.size(); ++op)
    open[op] = ops.site[op] == 0 && ops.isOperator[op] != 0;
  for (std::size_t row = allocations.size(); row-- > 0;) {
    const std::uint32_t op = allocations.op[row];
    if (op != kNoIndex && open[op] != 0 && allocations.site[row] != 0)
      ops.site[op] = allocations.site[row];
  }
  // Rows are sorted: what an operator called stands behind it.
  for (std::size_t op = ops.size(); op-- > 0;) {
    const std::uint32_t parent = ops.parent[op];
    if (parent != kNoIndex && open[parent] != 0 && ops.site[op] != 0)
      ops.site[parent] = ops.site[op];
  }
  for (std::size_t op = 0; op < ops.size(); ++op) {
    const std::uint32_t parent = ops.parent[op];
    if (ops.site[op] == 0 && parent != kNoIndex && ops.isOperator[parent] != 0)
      ops.site[op] = ops.site[parent];
  }
  for (std::size_t row = 0; row < allocations.size(); ++row) {
    const std::uint32_t op = allocations.op[row];
    if (allocations.site[row] == 0 && op != kNoIndex) allocations.site[row] = ops.site[op];
  }
}

} // namespace hotloop
