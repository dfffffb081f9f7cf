#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "analyzers/rules/allocation_origin.h"
#include "analyzers/rules/called_ops.h"
#include "analyzers/rules/occurrences.h"

namespace hotloop {

namespace {

constexpr double kMaterialBytes = 1024.0 * 1024.0; // a step

// They make memory and leave its contents to the operators behind them.
constexpr std::string_view kEmpty[] = {"aten::empty", "aten::empty_like", "aten::empty_strided",
                                       "aten::new_empty", "aten::new_empty_strided"};

constexpr Advice kAdvice = {
    "unused", "", "Delete the tensor that nothing reads, or make it where it is used.",
    "# before\nscratch = torch.empty(n, d, device=dev)\nreturn x @ w\n\n# after\nreturn x @ w",
    "Code outside of PyTorch may use the memory without any record: a data pointer handed to a "
    "library on the CPU."};

// Does anything that may use memory begin within (start, end): an operator on any thread, a CUDA
// call that starts work? Both tables are sorted by start.
bool beginsWithin(const RuleInput &input, Nanoseconds start, Nanoseconds end) {
  const auto &ops = input.trace->ops.start;
  const auto op = std::ranges::upper_bound(ops, start);
  if (op != ops.end() && *op < end) return true;
  const auto &apis = input.trace->apis.start;
  auto call = std::ranges::upper_bound(apis, start) - apis.begin();
  for (; call < std::ssize(apis) && apis[static_cast<std::size_t>(call)] < end; ++call)
    if (startsWork(input.device.kind[static_cast<std::size_t>(call)])) return true;
  return false;
}

// Which operators read a block is in no record. That none can have read it is: nothing began
// between the operator that made it and the moment when it was given back.
RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const NameSet empty(input, kEmpty);
  OccurrenceGroups groups(input);
  const auto &rows = input.trace->allocations;
  const auto &ops = input.trace->ops;
  for (std::uint32_t row = 0; row < rows.start.size(); ++row) {
    const std::uint32_t op = input.allocations.op[row], pair = input.allocations.pair[row];
    if (!takenInSteadyStep(input, row) || op == kNoIndex || pair == kNoIndex ||
        !empty.contains(ops.name[op]) || outermostOperator(input.ops, op) != op)
      continue;
    if (beginsWithin(input, ops.start[op], rows.start[pair])) continue;
    groups.addAllocation(0, row);
  }
  for (const auto &[key, group] : groups) {
    Finding finding = advise(groups, group, kAdvice);
    finding.title = fmt::format("{} is taken and given back without anything that could use it",
                                bytesText(group.bytesPerStep()));
    if (group.bytesPerStep() >= kMaterialBytes) {
      if (RuleFinding *found = judge(input, group, std::move(finding), true, outcome))
        found->fix.whyNone =
            "It lowers the memory in use; the step gets shorter by an allocation only.";
    } else {
      dismiss(group, std::move(finding),
              fmt::format("It is below the threshold of {} a step.", bytesText(kMaterialBytes)),
              outcome);
    }
  }
  return outcome;
}

} // namespace

Rule hl704IdleMemory() {
  return {"HL704", "idle_memory", "Memory is taken although nothing can use it", run,
          Needs::kOperators | Needs::kAllocations};
}

} // namespace hotloop
