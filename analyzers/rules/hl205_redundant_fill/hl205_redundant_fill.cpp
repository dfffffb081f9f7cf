#include <unordered_map>

#include "analyzers/rules/called_ops.h"
#include "analyzers/rules/occurrences.h"

namespace hotloop {

namespace {

constexpr double kMaterialLaunches = 16;
constexpr double kMaterialBytes = 1024.0 * 1024.0;

constexpr std::string_view kZeros[] = {"aten::zeros", "aten::zeros_like", "aten::new_zeros",
                                       "aten::ones", "aten::full"};
constexpr std::string_view kOverwrites[] = {"aten::copy_", "aten::fill_", "aten::normal_",
                                            "aten::uniform_"};
constexpr std::string_view kClear[] = {"aten::zero_"};

constexpr Advice kGradients = {
    "gradients", "Gradients are set to zero one by one",
    "Let them be dropped: optimizer.zero_grad(set_to_none=True), which is the default.",
    "# before\noptimizer.zero_grad(set_to_none=False)\n\n# after\noptimizer.zero_grad()",
    "Code that reads a gradient before the backward pass must then expect None; a captured graph "
    "needs "
    "gradients at fixed addresses."};
constexpr Advice kOverwritten = {"overwritten",
                                 "A tensor is filled and then overwritten as a whole",
                                 "Make it with torch.empty.",
                                 "# before\nbuf = torch.zeros(n, d)\nbuf.copy_(x)\n\n# after\nbuf "
                                 "= torch.empty(n, d)\nbuf.copy_(x)",
                                 "A tensor that is only partly overwritten needs its zeros."};

enum Variant : std::uint32_t { kIsGradients, kIsOverwritten };

// Blocks taken by each operator of `names` that the program called.
std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> blocksOfCalled(const RuleInput &input,
                                                                             const NameSet &names) {
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> blocks;
  const auto &rows = input.trace->allocations;
  for (std::uint32_t row = 0; row < input.allocations.size(); ++row) {
    if (rows.action[row] != AllocationAction::kAllocate || input.allocations.op[row] == kNoIndex)
      continue;
    const std::uint32_t op = outermostOperator(input.ops, input.allocations.op[row]);
    if (names.contains(input.trace->ops.name[op])) blocks[op].push_back(row);
  }
  return blocks;
}

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const NameSet zeros(input, kZeros), overwrites(input, kOverwrites), clear(input, kClear);
  const auto blocks = blocksOfCalled(input, zeros);
  OccurrenceGroups groups(input);
  const auto &ops = input.trace->ops;
  for (const CalledRun &called : calledOps(input))
    for (std::size_t i = 0; i + 1 < called.ops.size(); ++i) {
      const std::uint32_t op = called.ops[i].op, next = called.ops[i + 1].op;
      if (!zeros.contains(ops.name[op]) || !overwrites.contains(ops.name[next]) ||
          input.ops.site[op] != input.ops.site[next])
        continue;
      OccurrenceGroup *group = groups.addOp(kIsOverwritten, op);
      const auto taken = blocks.find(op);
      if (group == nullptr || taken == blocks.end()) continue;
      for (const std::uint32_t row : taken->second) {
        group->bytes[groups.positionOf(called.ops[i].step)] +=
            static_cast<double>(input.trace->allocations.bytes[row]);
        group->allocations.push_back(row);
      }
    }
  for (std::uint32_t op = 0; op < input.ops.size(); ++op)
    if (clear.contains(ops.name[op]) && input.steady(input.ops.step[op]) &&
        findEnclosing(input.ops, op, [&](std::uint32_t up) {
          return input.trace.text(ops.name[up]).starts_with("Optimizer.zero_grad#");
        }) != kNoIndex)
      groups.addOp(kIsGradients, op);
  for (const auto &[key, group] : groups) {
    const bool gradients = group.variant == kIsGradients;
    Finding finding = advise(groups, group, gradients ? kGradients : kOverwritten);
    const bool material = group.perStep() >= kMaterialLaunches ||
                          (!gradients && group.bytesPerStep() >= kMaterialBytes);
    judge(input, group, std::move(finding), material, outcome, FixKind::kRemoveOps);
  }
  return outcome;
}

} // namespace

Rule hl205RedundantFill() {
  return {"HL205", "redundant_fill", "Memory is cleared although nothing reads the zeros", run,
          Needs::kOperators};
}

} // namespace hotloop
