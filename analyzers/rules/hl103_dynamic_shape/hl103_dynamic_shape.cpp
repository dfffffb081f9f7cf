#include <array>
#include <string>

#include "analyzers/rules/occurrences.h"

namespace hotloop {

namespace {

enum Variant : std::uint32_t { kBooleanMask, kNonzero, kUnique, kRepeat, kOther };

struct VariantText {
  std::string_view name, fix, code;
};

constexpr std::array<VariantText, 5> kTexts = {{
    {"boolean_mask",
     "Keep the full shape and select with torch.where or a multiplication by the mask.",
     "# before\ny = f(x[mask])\n\n# after\ny = torch.where(mask, f(x), 0)"},
    {"nonzero",
     "Work on the mask itself, or give the result a fixed capacity (sort or topk of fixed size).",
     "# before\nidx = mask.nonzero()\n\n# after\n"
     "idx = mask.to(torch.int32).topk(capacity, dim=0).indices"},
    {"unique",
     "Count into a table of fixed size with scatter_add instead of listing the distinct values.",
     "# before\nvalues, counts = ids.unique(return_counts=True)\n\n# after\n"
     "counts = ids.new_zeros(num_ids).scatter_add_(0, ids, torch.ones_like(ids))"},
    {"repeat_interleave", "Tell the size of the result: output_size=, when it is known.",
     "# before\ny = x.repeat_interleave(counts, dim=0)\n\n# after\n"
     "y = x.repeat_interleave(counts, dim=0, output_size=total)"},
    {"other", "Use a form whose result has a fixed shape.", ""},
}};

bool isOneOf(std::string_view name, std::initializer_list<std::string_view> names) {
  for (const std::string_view other : names)
    if (name == other) return true;
  return false;
}

Variant variantOf(std::string_view called) {
  if (called.starts_with("aten::")) called.remove_prefix(6);
  if (isOneOf(called, {"index", "index_put_", "index_put", "_index_put_impl_", "masked_select",
                       "masked_scatter", "masked_scatter_", "_unsafe_index"}))
    return kBooleanMask;
  if (isOneOf(called, {"nonzero", "argwhere", "where", "nonzero_numpy", "flatnonzero"}))
    return kNonzero;
  if (called.find("unique") != std::string_view::npos) return kUnique;
  if (called.starts_with("repeat_interleave")) return kRepeat;
  return kOther;
}

// The outermost ATen operator: custom operators and Python autograd functions around it are the
// program's.
std::uint32_t calledOperator(const RuleInput &input, std::uint32_t op) {
  const auto &names = input.trace->ops.name;
  for (std::uint32_t up = input.ops.parent[op]; up != kNoIndex; up = input.ops.parent[up]) {
    if (input.ops.isOperator[up] == 0 || !input.trace.text(names[up]).starts_with("aten::")) break;
    op = up;
  }
  return op;
}

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const auto &names = input.trace->ops.name;
  OccurrenceGroups groups(input);
  for (std::uint32_t op = 0; op < input.ops.size(); ++op) {
    if (input.ops.hostSync[op] == 0 || input.claimedOps[op] != 0) continue;
    if (!has(input.ops.traitsOfName[names[op].value], OperatorTrait::kDynamicShape)) continue;
    const std::uint32_t called = calledOperator(input, op);
    // Two operators at one line are two findings, so the name is part of the key.
    OccurrenceGroup *group = groups.addOp(names[called].value, called, 1);
    if (group != nullptr && called != op) group->ops.push_back(op);
  }
  for (const auto &[key, group] : groups) {
    const std::string_view called = input.trace.text(StringId(group.variant));
    const VariantText &text = kTexts[variantOf(called)];
    Finding finding = groups.finding(group);
    finding.variant = text.name;
    finding.title = std::string(called) + " makes a result whose size depends on values";
    finding.fix = text.fix;
    finding.fixCode = text.code;
    finding.mayNotPay = "A fixed shape computes on rows that are thrown away; when the mask keeps "
                        "few of them, the wait may be the cheaper price.";
    judge(input, group, std::move(finding), false, outcome, FixKind::kRemoveSync);
  }
  return outcome;
}

} // namespace

Rule hl103DynamicShape() {
  return {"HL103", "dynamic_shape",
          "An operator's result size depends on values: boolean mask, nonzero, unique, "
          "repeat_interleave",
          run, Needs::kOperators};
}

} // namespace hotloop
