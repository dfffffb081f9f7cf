#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "analyzers/rules/allocation_origin.h"
#include "analyzers/rules/occurrences.h"
#include "analyzers/rules/recompute.h"

namespace hotloop {

namespace {

constexpr double kWorse = 3;            // times the time per byte of the best region
constexpr double kMaterialShare = 0.01; // of the step

constexpr Advice kAdvice = {
    "", "", "Move the checkpoint: keep the activations of this region and recompute a cheaper one.",
    "# before\ny = checkpoint(moe, x)            # runs the dispatch again\n\n# after\n"
    "y = moe(x, recompute=\"activation\")    # only the pointwise part",
    "Regions share inputs: the memory of one may stay alive because of another."};

struct Region {
  OccurrenceGroup group;
  double cost = 0;  // ns per step
  double bytes = 0; // made again, which stands for what the checkpoint saves
};

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  OccurrenceGroups groups(input);
  std::map<SiteIndex, Region> regions;
  std::map<std::uint32_t, Region *> regionOf; // called operator
  for (const std::uint32_t op : recomputedOps(input)) {
    Region &region = regions[input.ops.site[op]];
    OccurrenceGroup &group = region.group;
    if (group.count.empty()) {
      group.site = input.ops.site[op];
      for (auto *column : {&group.count, &group.hostTime, &group.syncs, &group.bytes})
        column->resize(input.steps.steady.size());
    }
    const std::uint32_t position = groups.positionOf(input.ops.step[op]);
    group.count[position] += 1;
    group.hostTime[position] += static_cast<double>(input.trace->ops.duration[op].count);
    group.ops.push_back(op);
    if (group.evidence.size() < OccurrenceGroups::kEvidenceRows)
      group.evidence.push_back(opEvidence(input, op));
    regionOf[op] = &region;
  }
  const auto &rows = input.trace->allocations;
  for (std::uint32_t row = 0; row < input.allocations.size(); ++row) {
    if (rows.action[row] != AllocationAction::kAllocate) continue;
    for (std::uint32_t op = input.allocations.op[row]; op != kNoIndex; op = input.ops.parent[op])
      if (const auto found = regionOf.find(op); found != regionOf.end()) {
        found->second->bytes += static_cast<double>(rows.bytes[row]);
        break;
      }
  }
  const auto steps = static_cast<double>(input.steps.steady.size());
  double best = 0;
  for (auto &[site, region] : regions) {
    if (region.bytes <= 0) continue;
    region.cost = costPerStep(input, region.group);
    const double price = region.cost * steps / region.bytes;
    if (best == 0 || price < best) best = price;
  }
  for (auto &[site, region] : regions) {
    if (regions.size() < 2 || region.bytes <= 0) continue;
    const double price = region.cost * steps / region.bytes;
    if (price <= kWorse * best) continue;
    Finding finding = advise(groups, region.group, kAdvice);
    finding.title =
        fmt::format("Recomputing here saves {} for {:.2f} ms a step, {:.1f} times the price "
                    "of the cheapest region",
                    bytesText(region.bytes / steps), region.cost * 1e-6, price / best);
    judgeShare(input, region.group, std::move(finding), region.cost, kMaterialShare,
               "a step in this region", outcome,
               {.whyNone = "What the other boundary would recompute is not in this run."});
  }
  return outcome;
}

} // namespace

Rule hl702CheckpointBoundary() {
  return {"HL702", "checkpoint_boundary",
          "A checkpoint recomputes much for the memory that it saves", run,
          Needs::kOperators | Needs::kAllocations};
}

} // namespace hotloop
