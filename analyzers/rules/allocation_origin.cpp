#include "analyzers/rules/allocation_origin.h"

#include <fmt/format.h>

namespace hotloop {

AllocationOrigins::AllocationOrigins(const RuleInput &input) : input_(input) {
  const OpColumns &ops = input.trace->ops;
  for (std::size_t i = 0; i < ops.scope.size(); ++i)
    if (ops.scope[i] == OpScope::kBackwardFunction && ops.sequence[i] >= 0)
      differentiated_.insert(ops.sequence[i]);
}

std::uint32_t AllocationOrigins::calledOperator(std::uint32_t allocation) const {
  const std::uint32_t op = input_.allocations.op[allocation];
  return op == kNoIndex ? kNoIndex : outermostOperator(input_.ops, op);
}

bool AllocationOrigins::inBackward(std::uint32_t allocation) const {
  const OpColumns &ops = input_.trace->ops;
  return findEnclosing(input_.ops, input_.allocations.op[allocation], [&](std::uint32_t op) {
           return ops.scope[op] == OpScope::kBackwardFunction;
         }) != kNoIndex;
}

AllocationOrigin AllocationOrigins::of(std::uint32_t allocation) const {
  const Allocator allocator = input_.trace->allocations.allocator[allocation];
  if (allocator != Allocator::kTorchCpu && allocator != Allocator::kTorchCuda)
    return AllocationOrigin::kRaw;
  const std::uint32_t called = calledOperator(allocation);
  if (called == kNoIndex) return AllocationOrigin::kResult;
  const OpColumns &ops = input_.trace->ops;
  if (!has(input_.ops.traitsOfName[ops.name[called].value], OperatorTrait::kAllocates))
    return AllocationOrigin::kResult;
  if (ops.sequence[called] >= 0 && differentiated_.contains(ops.sequence[called]))
    return AllocationOrigin::kResult;
  return inBackward(allocation) ? AllocationOrigin::kResult : AllocationOrigin::kAskedFor;
}

bool takenInSteadyStep(const RuleInput &input, std::uint32_t row) {
  return input.trace->allocations.action[row] == AllocationAction::kAllocate &&
         input.steady(input.allocations.step[row]) && input.claimedAllocations[row] == 0;
}

std::vector<std::uint32_t> steadyPositions(const Steps &steps) {
  std::vector<std::uint32_t> positions(steps.all.size(), kNoIndex);
  for (std::uint32_t i = 0; i < steps.steady.size(); ++i) positions[steps.steady[i]] = i;
  return positions;
}

std::string bytesText(double bytes) {
  constexpr double kKi = 1024.0;
  if (bytes >= kKi * kKi * kKi) return fmt::format("{:.1f} GiB", bytes / (kKi * kKi * kKi));
  if (bytes >= kKi * kKi) return fmt::format("{:.1f} MiB", bytes / (kKi * kKi));
  if (bytes >= kKi) return fmt::format("{:.0f} KiB", bytes / kKi);
  return fmt::format("{:.0f} bytes", bytes);
}

} // namespace hotloop
