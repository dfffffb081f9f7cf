#include <fmt/format.h>

#include "analyzers/rules/called_ops.h"
#include "analyzers/rules/occurrences.h"

namespace hotloop {

namespace {

constexpr double kMaterialShare = 0.02; // of the step
constexpr double kLaunchShare = 0.2;    // of the launches
constexpr double kFewest = 8;           // a step
constexpr double kFewestAtPlace = 2;    // once per step and place is normal

constexpr std::string_view kCasts[] = {"aten::_to_copy"};

constexpr Advice kAdvice = {
    "", "",
    "Keep a region in one type: cast the weights once, keep activations in bf16, fuse what is "
    "left.",
    "# before\nfor w in weights:            # cast in every step\n    x = (x.bfloat16() @ "
    "w.bfloat16()).float()\n\n# after\nweights = [w.bfloat16() for w in weights]   # once\n"
    "x = x.bfloat16()\nfor w in weights:\n    x = x @ w",
    "Autocast casts each weight once per step, which is its way to work; sums and losses should "
    "stay in "
    "fp32."};

// The CPU converts scalars inside of operators that a GPU runs as one kernel.
bool isInsideOfOne(const RuleInput &input, std::uint32_t op) {
  return findEnclosing(input.ops, input.ops.parent[op], [&](std::uint32_t up) {
           return has(input.ops.traitsOfName[input.trace->ops.name[up].value],
                      OperatorTrait::kSelfContained);
         }) != kNoIndex;
}

// On a device the copies that move data between host and device are no casts.
bool isCast(const RuleInput &input, std::uint32_t op, const NameSet &casts,
            const std::vector<std::uint8_t> &moves) {
  return casts.contains(input.trace->ops.name[op]) && moves[op] == 0 && !isInsideOfOne(input, op);
}

std::vector<std::uint8_t> movingOps(const RuleInput &input) {
  std::vector<std::uint8_t> moves(input.ops.size());
  for (std::uint32_t call = 0; call < input.device.calls(); ++call)
    if (input.device.kind[call] == CallKind::kCopy)
      for (std::uint32_t op = input.device.op[call]; op != kNoIndex; op = input.ops.parent[op])
        moves[op] = 1;
  return moves;
}

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const NameSet casts(input, kCasts);
  const std::vector<std::uint8_t> moves = movingOps(input);
  OccurrenceGroups groups(input);
  std::vector<double> launches(input.steps.steady.size());
  for (std::uint32_t op = 0; op < input.ops.size(); ++op) {
    if (!input.steady(input.ops.step[op]) || input.ops.isOperator[op] == 0) continue;
    launches[groups.positionOf(input.ops.step[op])] += input.ops.launches[op];
    if (input.ops.backward[op] == 0 && isCast(input, op, casts, moves)) groups.addOp(0, op);
  }
  // All places are one cause: the program changes between types.
  OccurrenceGroup all;
  bool first = true;
  for (const auto &[key, group] : groups) {
    if (group.perStep() < kFewestAtPlace) continue;
    if (first || group.perStep() > all.perStep()) all.site = group.site;
    if (first) {
      const SiteIndex site = all.site;
      all = group;
      all.site = site;
    } else {
      for (std::size_t i = 0; i < all.count.size(); ++i) {
        all.count[i] += group.count[i];
        all.hostTime[i] += group.hostTime[i];
      }
      all.ops.insert(all.ops.end(), group.ops.begin(), group.ops.end());
    }
    first = false;
  }
  if (first) return outcome;
  Finding finding = advise(groups, all, kAdvice);
  finding.title = fmt::format("{:.0f} casts between number types in every step", all.perStep());
  const double share = all.perStep() / std::max(1.0, median(launches));
  const double time =
      shareOfStep(input, Nanoseconds(static_cast<std::int64_t>(costPerStep(input, all))));
  // Where places are not known, the casts that autocast makes of each weight cannot be told apart.
  const bool placed = all.site != 0;
  if (all.perStep() < kFewest || (share < kLaunchShare && (!placed || time < kMaterialShare))) {
    dismiss(all, std::move(finding),
            fmt::format("They are {:.1f} % of the launches and {:.2f} % of the step, below the "
                        "thresholds of 20 % and 2 %.",
                        100 * share, 100 * time),
            outcome, FixKind::kRemoveOps);
    return outcome;
  }
  judge(input, all, std::move(finding), true, outcome, FixKind::kRemoveOps);
  return outcome;
}

} // namespace

Rule hl502CastChurn() {
  return {"HL502", "cast_churn", "Numbers change their type back and forth in every step", run,
          Needs::kOperators};
}

} // namespace hotloop
