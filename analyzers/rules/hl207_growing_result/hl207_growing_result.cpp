#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "analyzers/rules/allocation_origin.h"
#include "analyzers/rules/hl207_growing_result/trend.h"
#include "analyzers/rules/occurrences.h"
#include "core/base/stop.h"

namespace hotloop {
namespace {

// Less growth per step than this (a list of scalar losses) is not worth a change.
constexpr double kMaterialGrowth = 4096;
// Blocks are kept when the live ones amount to this many steps' worth: the last result alone, which
// the program still holds at the end of a step, does not make a list.
constexpr double kKeptSteps = 4;
// From this many places on, what grows together is one thing seen many times: an autograd graph
// that is kept alive from step to step.
constexpr std::size_t kManyPlaces = 4;

enum Variant : std::uint32_t { kMakesTensor = 0, kOther = 1 };

struct Place {
  const OccurrenceGroup *group = nullptr;
  double growth = 0; // bytes per step
};

// Live bytes of a group's blocks at the end of every steady step.
class LiveBytes {
public:
  explicit LiveBytes(const RuleInput &input)
      : input_(input), change_(input.steps.steady.size() + 1) {}

  void add(std::uint32_t row, std::uint32_t position) {
    const auto bytes = static_cast<double>(input_.trace->allocations.bytes[row]);
    change_[position] += bytes;
    change_[freedBeforeEndOf(row)] -= bytes;
  }

  std::vector<double> series() const {
    std::vector<double> live(change_.begin(), change_.end() - 1);
    for (std::size_t i = 1; i < live.size(); ++i) live[i] += live[i - 1];
    return live;
  }

private:
  // The first steady step at whose end the block is gone; the number of steps when it stays.
  std::size_t freedBeforeEndOf(std::uint32_t row) const {
    const std::vector<std::uint32_t> &steady = input_.steps.steady;
    const std::uint32_t pair = input_.allocations.pair[row];
    if (pair == kNoIndex) return steady.size();
    const Nanoseconds freed = input_.trace->allocations.start[pair];
    const auto step = std::partition_point(steady.begin(), steady.end(), [&](std::uint32_t index) {
      return input_.steps.all[index].end <= freed;
    });
    return static_cast<std::size_t>(step - steady.begin());
  }

  const RuleInput &input_;
  std::vector<double> change_;
};

double growthPerStep(const std::vector<double> &series) {
  return (series.back() - series.front()) / static_cast<double>(series.size() - 1);
}

bool keeps(const OccurrenceGroup &group, const std::vector<double> &live) {
  return live.back() >= kKeptSteps * std::max(group.bytesPerStep(), 1.0);
}

Finding start(const OccurrenceGroups &groups, const OccurrenceGroup &group,
              std::string_view variant) {
  Finding finding = groups.finding(group);
  finding.variant = variant;
  return finding;
}

Finding describeConcatenation(Finding finding, double growth) {
  finding.title =
      fmt::format("A tensor is made anew, larger by {} in every step", bytesText(growth));
  finding.fix =
      "Allocate the whole result before the loop and write each step's part into its slice.";
  finding.fixCode = "# before\nhistory = torch.cat([history, x[None]])\n"
                    "# after\nhistory = torch.empty(steps, *x.shape)   # before the loop\n"
                    "history[step].copy_(x)";
  finding.mayNotPay =
      "A loop of few steps copies little; the cost grows with the square of their number.";
  return finding;
}

Finding describeList(Finding finding, double growth, std::size_t places) {
  finding.title =
      fmt::format("Results are kept: {} more stay alive in every step", bytesText(growth));
  finding.fix = "Keep what is needed only: reduce in place, write into a buffer allocated before "
                "the loop, or "
                "detach() and move it to the host now and then.";
  if (places >= kManyPlaces) {
    finding.title = fmt::format("Memory of {} places stays alive, {} more in every step", places,
                                bytesText(growth));
    finding.fix = "Look for a tensor that is kept with its autograd graph (total += loss): add "
                  "loss.detach() instead.";
  }
  finding.fixCode = "# before\nresults.append(f(x))\n"
                    "# after\nresults = torch.empty(steps, d)   # before the loop\n"
                    "results[step].copy_(f(x))";
  finding.mayNotPay =
      "Results that are all needed at the end must live somewhere; a list of few, small tensors "
      "is harmless.";
  return finding;
}

void decide(const RuleInput &input, const OccurrenceGroup &group, Finding finding, double growth,
            RuleOutcome &outcome) {
  if (growth >= kMaterialGrowth) {
    judge(input, group, std::move(finding), true, outcome);
    return;
  }
  finding.mayNotPay = fmt::format("It grows by {} per step, below the threshold of {}.",
                                  bytesText(growth), bytesText(kMaterialGrowth));
  outcome.notWorth.push_back({std::move(finding), group.ops, group.allocations});
}

void reportLists(const RuleInput &input, const OccurrenceGroups &groups, std::vector<Place> &lists,
                 RuleOutcome &outcome) {
  std::stable_sort(lists.begin(), lists.end(),
                   [](const Place &a, const Place &b) { return a.growth > b.growth; });
  if (lists.size() < kManyPlaces) {
    for (const Place &place : lists)
      decide(input, *place.group,
             describeList(start(groups, *place.group, "list"), place.growth, 1), place.growth,
             outcome);
    return;
  }
  OccurrenceGroup all = *lists.front().group;
  double growth = 0;
  for (const Place &place : lists) growth += place.growth;
  for (std::size_t i = 1; i < lists.size(); ++i) {
    const OccurrenceGroup &other = *lists[i].group;
    all.ops.insert(all.ops.end(), other.ops.begin(), other.ops.end());
    all.allocations.insert(all.allocations.end(), other.allocations.begin(),
                           other.allocations.end());
  }
  decide(input, all, describeList(start(groups, all, "list"), growth, lists.size()), growth,
         outcome);
}

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const AllocationColumns &rows = input.trace->allocations;
  if (input.steps.steady.size() < kTrendSteps) {
    outcome.notChecked = fmt::format("It takes {} steady steps to see a trend; the run has {}.",
                                     kTrendSteps, input.steps.steady.size());
    return outcome;
  }
  const AllocationOrigins origins(input);
  const std::vector<std::uint32_t> positions = steadyPositions(input.steps);
  OccurrenceGroups groups(input);
  std::map<const OccurrenceGroup *, LiveBytes> liveOf;
  for (std::uint32_t row = 0; row < rows.start.size(); ++row) {
    stopPoint(row);
    if (!takenInSteadyStep(input, row)) continue;
    const std::uint32_t called = origins.calledOperator(row);
    const bool makes =
        called != kNoIndex &&
        has(input.ops.traitsOfName[input.trace->ops.name[called].value], OperatorTrait::kAllocates);
    OccurrenceGroup *group = groups.addAllocation(makes ? kMakesTensor : kOther, row);
    if (group == nullptr) continue;
    const std::uint32_t position = positions[input.allocations.step[row]];
    liveOf.try_emplace(group, input).first->second.add(row, position);
    if (makes && (group->ops.empty() || group->ops.back() != called)) {
      group->ops.push_back(called);
      group->hostTime[position] += static_cast<double>(input.trace->ops.duration[called].count);
    }
  }

  std::vector<Place> lists;
  for (auto &[key, group] : groups) {
    if (group.variant == kMakesTensor && rises(group.bytes)) {
      const double growth = growthPerStep(group.bytes);
      decide(input, group, describeConcatenation(start(groups, group, "concatenation"), growth),
             growth, outcome);
      continue;
    }
    const std::vector<double> live = liveOf.at(&group).series();
    if (rises(live) && keeps(group, live)) lists.push_back({&group, growthPerStep(live)});
  }
  reportLists(input, groups, lists, outcome);
  return outcome;
}

} // namespace

Rule hl207GrowingResult() {
  return {"HL207", "growing_result",    "A list or a concatenated tensor grows from step to step",
          run,     Needs::kAllocations, kTrendSteps};
}

} // namespace hotloop
