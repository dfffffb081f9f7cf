#include <map>
#include <set>

#include <fmt/format.h>

#include "analyzers/rules/allocation_origin.h"
#include "analyzers/rules/occurrences.h"

namespace hotloop {
namespace {

// Fewer sizes than this are buckets, and a caching allocator keeps a block for each.
constexpr std::size_t kVaryingSizes = 8;
// A size seen in at least this share of the steady steps is no surprise to an allocator: a loop
// over layers asks for many sizes, but for the same ones in every step.
constexpr double kFamiliarShare = 0.5;
// Smaller blocks come from the allocator's small pool, whose granularity hides their size.
constexpr double kMaterialBytes = 64.0 * 1024.0;

enum Variant : std::uint32_t { kAskedFor = 0, kResult = 1 };

using StepsOfSize = std::map<std::int64_t, std::set<std::uint32_t>>;

std::size_t varyingSizes(const RuleInput &input, const StepsOfSize &sizes) {
  const double familiar = kFamiliarShare * static_cast<double>(input.steps.steady.size());
  std::size_t count = 0;
  for (const auto &[size, steps] : sizes)
    if (static_cast<double>(steps.size()) < familiar) ++count;
  return count;
}

Finding describe(const OccurrenceGroups &groups, const OccurrenceGroup &group, std::size_t varying,
                 const StepsOfSize &sizes) {
  Finding finding = groups.finding(group);
  finding.title = fmt::format("Tensors of {} different sizes are made here, {} to {}", varying,
                              bytesText(static_cast<double>(sizes.begin()->first)),
                              bytesText(static_cast<double>(sizes.rbegin()->first)));
  finding.fix =
      "Allocate the largest size once and use a view of it, or round sizes up to a few buckets.";
  finding.fixCode = "# before\nfor n in lengths:\n    tmp = torch.zeros(n, d, device=dev)\n"
                    "# after\nbuffer = torch.zeros(max(lengths), d, device=dev)\n"
                    "for n in lengths:\n    tmp = buffer[:n].zero_()";
  finding.mayNotPay =
      "A caching allocator that has seen the largest sizes serves the smaller ones from them; the "
      "cost is fragmentation and retries near the memory limit, and that no CUDA graph can be "
      "captured.";
  return finding;
}

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const AllocationColumns &rows = input.trace->allocations;
  if (input.steps.steady.size() < kVaryingSizes) {
    outcome.notChecked = fmt::format("It takes {} steady steps to see {} sizes; the run has {}.",
                                     kVaryingSizes, kVaryingSizes, input.steps.steady.size());
    return outcome;
  }
  const AllocationOrigins origins(input);
  const std::vector<std::uint32_t> positions = steadyPositions(input.steps);
  OccurrenceGroups groups(input);
  std::map<const OccurrenceGroup *, StepsOfSize> sizesOf;
  for (std::uint32_t row = 0; row < rows.start.size(); ++row) {
    if (!takenInSteadyStep(input, row)) continue;
    const bool asked = origins.of(row) != AllocationOrigin::kResult;
    OccurrenceGroup *group = groups.addAllocation(asked ? kAskedFor : kResult, row);
    if (group == nullptr) continue;
    const std::uint32_t position = positions[input.allocations.step[row]];
    StepsOfSize &sizes = sizesOf[group];
    // An operator may take several blocks; its time counts with the first.
    const std::uint32_t called = origins.calledOperator(row);
    const bool first = called != kNoIndex && (group->ops.empty() || group->ops.back() != called);
    if (asked && first) {
      group->ops.push_back(called);
      group->hostTime[position] += static_cast<double>(input.trace->ops.duration[called].count);
    }
    sizes[rows.bytes[row]].insert(position);
  }

  const OccurrenceGroup *largestFollower = nullptr;
  std::size_t followers = 0;
  for (auto &[key, group] : groups) {
    const StepsOfSize &sizes = sizesOf[&group];
    const std::size_t varying = varyingSizes(input, sizes);
    if (varying < kVaryingSizes) continue;
    if (group.variant == kResult) {
      ++followers;
      if (largestFollower == nullptr || group.bytesPerStep() > largestFollower->bytesPerStep())
        largestFollower = &group;
      continue;
    }
    Finding finding = describe(groups, group, varying, sizes);
    if (group.bytesPerStep() >= kMaterialBytes) {
      judge(input, group, std::move(finding), true, outcome);
    } else {
      finding.mayNotPay = fmt::format("{} per step is below the threshold of {}.",
                                      bytesText(group.bytesPerStep()), bytesText(kMaterialBytes));
      outcome.notWorth.push_back({std::move(finding), group.ops, group.allocations});
    }
  }
  if (largestFollower != nullptr) {
    const StepsOfSize &sizes = sizesOf[largestFollower];
    Finding finding = describe(groups, *largestFollower, varyingSizes(input, sizes), sizes);
    finding.title = fmt::format("Results of operators differ in size from step to step at {} {}",
                                followers, followers == 1 ? "place" : "places");
    finding.fix = "Pad or bucket the inputs of the step, if their sizes are the cause.";
    finding.fixCode.clear();
    finding.mayNotPay =
        "The sizes follow from the inputs, and a caching allocator absorbs most of it.";
    outcome.notWorth.push_back({std::move(finding), {}, {}});
  }
  return outcome;
}

} // namespace

Rule hl203VaryingShape() {
  return {"HL203", "varying_shape",     "A tensor of another size is made in nearly every step",
          run,     Needs::kAllocations, kVaryingSizes};
}

} // namespace hotloop
