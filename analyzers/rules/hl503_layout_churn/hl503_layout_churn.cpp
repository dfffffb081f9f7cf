#include <map>

#include <fmt/format.h>

#include "analyzers/rules/called_ops.h"
#include "analyzers/rules/occurrences.h"

namespace hotloop {

namespace {

constexpr double kMaterialShare = 0.02; // of the step
// A smaller copy is a launch like any other.
constexpr double kMaterialBytes = 64.0 * 1024.0;

constexpr std::string_view kOuter[] = {"aten::contiguous", "aten::reshape", "aten::flatten"};
constexpr std::string_view kCopies[] = {"aten::clone", "aten::copy_"};

constexpr Advice kAdvice = {
    "", "",
    "Keep one layout: channels_last for convolutions, strided products (matmul takes transposed "
    "operands), or write the permuted result where it is made.",
    "# before\ny = x.transpose(1, 2).contiguous() @ w\n\n# after\n"
    "y = x.transpose(1, 2) @ w          # a product reads strided operands",
    "A kernel that reads a transposed tensor may be slower than the copy and the kernel together."};

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const NameSet outer(input, kOuter), copies(input, kCopies);
  OccurrenceGroups groups(input);
  std::map<std::uint32_t, const OccurrenceGroup *> groupOf; // called operator -> its place
  for (std::uint32_t op = 0; op < input.ops.size(); ++op) {
    if (!copies.contains(input.trace->ops.name[op]) || !input.steady(input.ops.step[op])) continue;
    const std::uint32_t parent = input.ops.parent[op];
    if (parent == kNoIndex || input.ops.isOperator[parent] == 0 ||
        !outer.contains(input.trace->ops.name[parent]))
      continue;
    // Only what the program asks for; operators that need a layout make it themselves.
    if (outermostOperator(input.ops, op) != parent) continue;
    if (const OccurrenceGroup *group = groups.addOp(0, parent); group != nullptr)
      groupOf[parent] = group;
  }
  std::map<const OccurrenceGroup *, double> bytes;
  const auto &rows = input.trace->allocations;
  for (std::uint32_t row = 0; row < input.allocations.size(); ++row) {
    if (rows.action[row] != AllocationAction::kAllocate || input.allocations.op[row] == kNoIndex)
      continue;
    const auto found = groupOf.find(outermostOperator(input.ops, input.allocations.op[row]));
    if (found != groupOf.end()) bytes[found->second] += static_cast<double>(rows.bytes[row]);
  }
  for (const auto &[key, group] : groups) {
    Finding finding = advise(groups, group, kAdvice);
    finding.title =
        fmt::format("Tensors are copied into another layout {:.3g} times a step", group.perStep());
    const double each = bytes[&group] / static_cast<double>(group.count.size());
    if (!rows.start.empty() && each < kMaterialBytes) {
      dismiss(group, std::move(finding),
              fmt::format("It copies {:.0f} bytes a step, below the threshold of {:.0f}.", each,
                          kMaterialBytes),
              outcome, FixKind::kRemoveOps);
      continue;
    }
    judgeShare(input, group, std::move(finding), costPerStep(input, group), kMaterialShare,
               "a step in such copies", outcome, {.kind = FixKind::kRemoveOps});
  }
  return outcome;
}

} // namespace

Rule hl503LayoutChurn() {
  return {"HL503", "layout_churn", "Tensors are copied into another layout in every step", run,
          Needs::kOperators};
}

} // namespace hotloop
