#include "analyzers/cost_tables.h"

#include <algorithm>
#include <tuple>

#include "analyzers/steps/lanes.h"
#include "core/base/stop.h"

namespace hotloop {

namespace {

struct Sums {
  double count = 0, self = 0, total = 0, syncs = 0, launches = 0, allocations = 0, bytes = 0;
  bool used = false;
};

bool inSteadyStep(const Steps &steps, std::uint32_t step) {
  return step != kNoIndex && steps.all[step].steady;
}

// Adds up `ops` and `allocations` in the entries that keyOf... choose; kNoIndex: nowhere.
// `nested(op)`: is the time of `op` part of the total of another operator of the same entry?
std::vector<Sums> sumUp(const TraceView &trace, const Steps &steps, const OpFacts &ops,
                        const AllocationFacts &allocations, std::size_t entries, auto &&keyOfOp,
                        auto &&keyOfAllocation) {
  std::vector<Sums> sums(entries);
  for (std::uint32_t op = 0; op < ops.size(); ++op) {
    stopPoint(op);
    if (!inSteadyStep(steps, ops.step[op])) continue;
    const std::size_t key = keyOfOp(op);
    if (key >= entries) continue;
    Sums &sum = sums[key];
    sum.used = true;
    sum.count += ops.isOperator[op] != 0 || trace->ops.scope[op] == OpScope::kBackwardFunction;
    sum.self += static_cast<double>(ops.self[op]);
    sum.syncs += ops.hostSync[op];
    sum.launches += ops.launches[op];
    const std::uint32_t parent = ops.parent[op];
    if (parent == kNoIndex || keyOfOp(parent) != key)
      sum.total += static_cast<double>(std::max<std::int64_t>(trace->ops.duration[op].count, 0));
  }
  const auto &rows = trace->allocations;
  for (std::uint32_t row = 0; row < allocations.size(); ++row) {
    stopPoint(row);
    if (!inSteadyStep(steps, allocations.step[row]) ||
        rows.action[row] != AllocationAction::kAllocate)
      continue;
    const std::size_t key = keyOfAllocation(row);
    if (key >= entries) continue;
    sums[key].used = true;
    sums[key].allocations += 1;
    sums[key].bytes += static_cast<double>(rows.bytes[row]);
  }
  return sums;
}

CostRow makeRow(const Sums &sums, std::size_t steadySteps) {
  const double n = static_cast<double>(std::max<std::size_t>(steadySteps, 1));
  CostRow row;
  row.perStep = sums.count / n;
  row.selfTime = Nanoseconds(static_cast<std::int64_t>(sums.self / n));
  row.totalTime = Nanoseconds(static_cast<std::int64_t>(sums.total / n));
  row.hostSyncs = sums.syncs / n;
  row.launches = sums.launches / n;
  row.allocations = sums.allocations / n;
  row.allocatedBytes = sums.bytes / n;
  return row;
}

void sortRows(std::vector<CostRow> &rows) {
  std::ranges::sort(rows, [](const CostRow &a, const CostRow &b) {
    return std::tuple(-a.selfTime.count, -a.perStep, a.name, a.site.rangePath) <
           std::tuple(-b.selfTime.count, -b.perStep, b.name, b.site.rangePath);
  });
}

} // namespace

std::vector<CostRow> operatorCosts(const TraceView &trace, const Steps &steps, const OpFacts &ops,
                                   const AllocationFacts &allocations) {
  const auto keyOfOp = [&](std::uint32_t op) -> std::size_t {
    return trace->ops.scope[op] == OpScope::kUserScope ? kNoIndex : trace->ops.name[op].value;
  };
  const auto keyOfAllocation = [&](std::uint32_t row) -> std::size_t {
    return allocations.op[row] == kNoIndex ? kNoIndex : keyOfOp(allocations.op[row]);
  };
  const std::vector<Sums> sums =
      sumUp(trace, steps, ops, allocations, trace->strings.size(), keyOfOp, keyOfAllocation);
  std::vector<CostRow> rows;
  for (std::uint32_t name = 0; name < sums.size(); ++name) {
    if (!sums[name].used) continue;
    CostRow row = makeRow(sums[name], steps.steady.size());
    row.name = trace.text(StringId(name));
    rows.push_back(std::move(row));
  }
  sortRows(rows);
  return rows;
}

std::vector<CostRow> siteCosts(const TraceView &trace, const Steps &steps, const SiteTable &sites,
                               const RangePaths &paths, const OpFacts &ops,
                               const AllocationFacts &allocations) {
  // Sites first, then one entry per path for work without a site.
  const std::size_t known = sites.size();
  const auto keyOf = [&](SiteIndex site, PathIndex path) {
    return site != 0 ? site : known + path;
  };
  const auto keyOfOp = [&](std::uint32_t op) -> std::size_t {
    if (trace->ops.scope[op] == OpScope::kUserScope) return kNoIndex;
    return keyOf(ops.site[op], ops.path[op]);
  };
  const auto keyOfAllocation = [&](std::uint32_t row) -> std::size_t {
    return keyOf(allocations.site[row], allocations.path[row]);
  };
  const std::vector<Sums> sums =
      sumUp(trace, steps, ops, allocations, known + paths.size(), keyOfOp, keyOfAllocation);
  std::vector<CostRow> rows;
  for (std::uint32_t key = 0; key < sums.size(); ++key) {
    if (!sums[key].used) continue;
    CostRow row = makeRow(sums[key], steps.steady.size());
    if (key < known)
      row.site = sites.site(key);
    else
      row.site.rangePath = paths.text(static_cast<PathIndex>(key - known));
    row.name = row.site.text();
    if (key >= known && !row.site.rangePath.empty()) row.name += " in " + row.site.rangePath;
    rows.push_back(std::move(row));
  }
  sortRows(rows);
  return rows;
}

} // namespace hotloop
