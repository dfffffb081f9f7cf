#include <map>
#include <optional>

#include <fmt/format.h>

#include "analyzers/rules/hl104_expert_loop/expert_runs.h"
#include "analyzers/rules/loop_finder.h"
#include "analyzers/rules/occurrences.h"
#include "analyzers/rules/replaced_time.h"
#include "analyzers/steps/lanes.h"

namespace hotloop {

namespace {

constexpr std::string_view kFixCode =
    "# before\nfor e in range(num_experts):\n    rows = (expert_of == e).nonzero()\n"
    "    out.index_add_(0, rows, experts[e](x[rows]))\n\n"
    "# after: tokens sorted by expert, one grouped product, no read-back\n"
    "order = expert_of.argsort(stable=True)\n"
    "counts = torch.zeros(num_experts, dtype=torch.int32, device=x.device)\n"
    "counts.scatter_add_(0, expert_of, torch.ones_like(expert_of, dtype=torch.int32))\n"
    "offsets = counts.cumsum(0, dtype=torch.int32)\n"
    "y = grouped_mlp(x[order], offsets)      # torch._grouped_mm\n"
    "out = torch.empty_like(y).index_copy_(0, order, y)";

struct Loop {
  OccurrenceGroup group;
  std::vector<double> iterations; // per execution
  std::vector<double> waits;
  std::vector<HostLoop> loops;           // with their backward passes
  std::vector<double> replaced, working; // ns per steady step
};

// The grouped product stands for the loop and its backward pass.
void addLoop(const RuleInput &input, const ReplacedTime &time, const CalledRun &run,
             const LoopRun &found, std::size_t position, Loop &into) {
  const HostLoop forward = hostLoop(input, run, found.first, found.last, found.iterations);
  for (const HostLoop &loop : time.withBackward(run.ops[found.first].step, forward)) {
    into.replaced[position] += static_cast<double>(loop.end - loop.start);
    into.working[position] += time.work(loop.thread, loop.start, loop.end);
    into.loops.push_back(loop);
  }
}

void add(const RuleInput &input, const ExpertRuns &runs, const CalledRun &run, const LoopRun &found,
         std::size_t position, Loop &loop) {
  OccurrenceGroup &group = loop.group;
  group.path = group.ops.empty()
                   ? input.ops.path[found.anchor]
                   : input.paths.commonPrefix(group.path, input.ops.path[found.anchor]);
  group.count[position] += found.iterations;
  group.syncs[position] += found.syncs;
  for (std::size_t i = found.first; i <= found.last; ++i) {
    const CalledOp &called = run.ops[i];
    const std::int64_t duration = input.trace->ops.duration[called.op].count;
    if (runs.isRouting(called) && duration > 0)
      group.hostTime[position] += static_cast<double>(duration);
    group.ops.push_back(called.op);
    if (called.syncs > 0 && group.evidence.size() < OccurrenceGroups::kEvidenceRows)
      group.evidence.push_back(opEvidence(input, called.op));
  }
  loop.iterations.push_back(found.iterations);
  loop.waits.push_back(found.syncs);
}

// The claim covers what the operators of the loop called: read-backs are rows of their own.
void claimChildren(const RuleInput &input, std::vector<std::uint32_t> &rows) {
  std::vector<std::uint8_t> inside(input.ops.size());
  for (const std::uint32_t row : rows) inside[row] = 1;
  rows.clear();
  for (const LaneOps &lane : input.ops.lanes) {
    for (const std::uint32_t op : lane.ops) {
      const std::uint32_t parent = input.ops.parent[op];
      if (parent != kNoIndex && inside[parent] != 0) inside[op] = 1;
      if (inside[op] != 0) rows.push_back(op);
    }
  }
}

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const ExpertRuns runs(input);
  std::optional<ReplacedTime> time; // looks at every operator of the run: only for one with loops
  OccurrenceGroups groups(input);   // for finding() only: the loops are collected by hand
  std::vector<std::uint32_t> position(input.steps.all.size(), kNoIndex);
  for (std::uint32_t i = 0; i < input.steps.steady.size(); ++i) position[input.steps.steady[i]] = i;
  std::map<std::pair<SiteIndex, PathIndex>, Loop> loops;
  for (const CalledRun &called : calledOps(input)) {
    for (const LoopRun &found : runs.find(called)) {
      const SiteIndex site = input.ops.site[found.anchor];
      Loop &loop = loops[{site, site == 0 ? input.ops.path[found.anchor] : 0}];
      OccurrenceGroup &group = loop.group;
      if (group.count.empty()) {
        group.site = site;
        for (auto *values : {&group.count, &group.hostTime, &group.syncs, &group.bytes})
          values->resize(input.steps.steady.size());
        loop.replaced.resize(input.steps.steady.size());
        loop.working.resize(input.steps.steady.size());
      }
      if (!time) time.emplace(input);
      addLoop(input, *time, called, found, position[called.ops.front().step], loop);
      add(input, runs, called, found, position[called.ops.front().step], loop);
    }
  }
  for (auto &[place, loop] : loops) {
    OccurrenceGroup &group = loop.group;
    claimChildren(input, group.ops);
    Finding finding = groups.finding(group);
    const double loopsPerStep = group.perStep() / std::max(1.0, median(loop.iterations));
    finding.title = fmt::format("Experts run one after the other: a loop of {:.3g} with {:.3g} "
                                "host syncs, {:.3g} time{} a step",
                                median(loop.iterations), median(loop.waits), loopsPerStep,
                                loopsPerStep == 1 ? "" : "s");
    finding.fix = "Sort the tokens by expert on the device and run all experts as one grouped "
                  "product.";
    finding.fixCode = kFixCode;
    finding.mayNotPay =
        "With two or three experts, or when every expert gets thousands of rows, the "
        "products dominate and the loop costs little.";
    const auto ns = [](double count) { return Nanoseconds(static_cast<std::int64_t>(count)); };
    finding.replaced =
        Replaced{ns(median(loop.replaced)), ns(median(loop.working)), median(loop.iterations)};
    RuleFinding *found =
        judge(input, group, std::move(finding), false, outcome, FixKind::kBatchLoops);
    (found != nullptr ? *found : outcome.notWorth.back()).fix.loops = loop.loops;
  }
  return outcome;
}

} // namespace

Rule hl104ExpertLoop() {
  return {"HL104", "expert_loop",
          "The experts of a layer run in a host loop that waits for the device in every turn", run,
          Needs::kOperators};
}

} // namespace hotloop
