#include <algorithm>
#include <cctype>
#include <map>

#include <fmt/format.h>

#include "analyzers/rules/allocation_origin.h"
#include "analyzers/rules/occurrences.h"
#include "analyzers/rules/replaced_time.h"
#include "analyzers/steps/lanes.h"

namespace hotloop {
namespace {

// Plain descent needs two launches per parameter at most, the adaptive methods eight and more.
constexpr double kLaunchesPerParameter = 4;
// Fewer launches than this cost a GPU's host less than some 200 us in a step.
constexpr double kMaterialLaunches = 32;
constexpr double kFewestParameters = 2;
// Adam one operator at a time moves about 30 values per parameter, the fused kernel 7; small
// kernels are mostly their own start.
constexpr double kFusedShare = 0.25;
// An operator that belongs to the loop over the parameters occurs about once for each of them.
constexpr double kPerParameterShare = 0.75;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// What torch.optim calls its own scope: "Optimizer.step#AdamW.step".
bool isOptimizerScope(std::string_view name) { return name.starts_with("Optimizer.step#"); }

bool isOptimizerPath(std::string path) {
  std::transform(path.begin(), path.end(), path.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return contains(path, "optim");
}

// How a run tells its optimizer apart, the surest first.
enum class Phase : std::uint8_t { kScope, kRange, kAfterBackward };

class OptimizerRows {
public:
  explicit OptimizerRows(const RuleInput &input)
      : input_(input), ops_(input.trace->ops),
        lastBackward_(input.steps.all.size(), Nanoseconds(-1)) {
    for (std::uint32_t row = 0; row < ops_.start.size(); ++row) note(row);
    phase_ = scopes_ > 0 ? Phase::kScope : ranges_ > 0 ? Phase::kRange : Phase::kAfterBackward;
  }

  // Is `row` (of a steady step) in the optimizer's part of it?
  bool has(std::uint32_t row) const {
    if (ops_.scope[row] == OpScope::kBackwardFunction) return false;
    switch (phase_) {
    case Phase::kScope:
      return findEnclosing(input_.ops, row, [&](std::uint32_t op) {
               return isOptimizerScope(input_.trace.text(ops_.name[op]));
             }) != kNoIndex;
    case Phase::kRange: return inRange(input_.ops.path[row]);
    case Phase::kAfterBackward: {
      const Nanoseconds last = lastBackward_[input_.ops.step[row]];
      return last >= Nanoseconds(0) && ops_.start[row] >= last &&
             ops_.lane[row] == input_.steps.lane;
    }
    }
    return false;
  }

private:
  void note(std::uint32_t row) {
    const std::uint32_t step = input_.ops.step[row];
    if (!input_.steady(step)) return;
    if (isOptimizerScope(input_.trace.text(ops_.name[row]))) ++scopes_;
    if (inRange(input_.ops.path[row])) ++ranges_;
    if (ops_.scope[row] == OpScope::kBackwardFunction)
      lastBackward_[step] = std::max(lastBackward_[step], ops_.start[row] + ops_.duration[row]);
  }

  bool inRange(PathIndex path) const {
    const auto [known, fresh] = optimizerPath_.try_emplace(path, false);
    if (fresh) known->second = isOptimizerPath(input_.paths.text(path));
    return known->second;
  }

  const RuleInput &input_;
  const OpColumns &ops_;
  std::vector<Nanoseconds> lastBackward_; // by step; -1 none
  mutable std::map<PathIndex, bool> optimizerPath_;
  std::size_t scopes_ = 0;
  std::size_t ranges_ = 0;
  Phase phase_ = Phase::kAfterBackward;
};

// Parameters that got a gradient, per steady step: autograd ends the way to each in one
// AccumulateGrad.
double parametersPerStep(const RuleInput &input, const std::vector<std::uint32_t> &positions) {
  constexpr std::string_view kNode = "AccumulateGrad";
  const OpColumns &ops = input.trace->ops;
  std::vector<double> count(input.steps.steady.size());
  for (std::uint32_t row = 0; row < ops.start.size(); ++row) {
    if (!input.steady(input.ops.step[row]) || !input.trace.text(ops.name[row]).ends_with(kNode))
      continue;
    const std::uint32_t parent = input.ops.parent[row];
    if (parent != kNoIndex && input.trace.text(ops.name[parent]).ends_with(kNode)) continue;
    count[positions[input.ops.step[row]]] += 1;
  }
  return median(std::move(count));
}

struct PhaseFacts {
  std::map<StringId, double> launchesOfName; // in all steady steps
  std::map<StringId, double> rowsOfName;
  std::map<SiteIndex, std::size_t> rowsOfSite;
};

// Of the names that repeat for about every parameter.
std::map<StringId, double> repeatedNames(const PhaseFacts &facts, double parameters, double steps) {
  std::map<StringId, double> repeated;
  for (const auto &[name, launches] : facts.launchesOfName)
    if (launches > 0 && facts.rowsOfName.at(name) >= kPerParameterShare * parameters * steps)
      repeated[name] = launches;
  return repeated;
}

SiteIndex commonSite(const PhaseFacts &facts) {
  SiteIndex best = 0;
  std::size_t most = 0;
  for (const auto &[site, rows] : facts.rowsOfSite)
    if (site != 0 && rows > most) {
      best = site;
      most = rows;
    }
  return best;
}

Finding describe(const OccurrenceGroups &groups, const OccurrenceGroup &group, double launches,
                 double parameters) {
  Finding finding = groups.finding(group);
  finding.perStep = launches;
  finding.title =
      fmt::format("The optimizer would start {:.0f} kernels for {:.0f} parameters, one by one",
                  launches, parameters);
  finding.fix = "Use the fused or foreach form of the optimizer: one launch for many parameters.";
  finding.fixCode =
      "# before\noptimizer = torch.optim.AdamW(params, foreach=False)\n"
      "# after\noptimizer = torch.optim.AdamW(params, fused=True)\n"
      "// C++: at::_fused_adamw_(params, grads, exp_avgs, exp_avg_sqs, {}, steps, ...)";
  finding.mayNotPay =
      "With few, large parameters each kernel is long enough to hide the launch of the next.";
  return finding;
}

// One launch for the operators of a step.
FixPlan fusedPlan(const RuleInput &input, const OccurrenceGroup &group) {
  std::map<std::uint32_t, std::vector<std::uint32_t>> ofStep;
  for (const std::uint32_t op : group.ops) ofStep[input.ops.step[op]].push_back(op);
  FixPlan fix{.kind = FixKind::kFuseOps, .factor = kFusedShare, .modelled = true};
  for (auto &[step, ops] : ofStep) fix.groups.push_back(std::move(ops));
  return fix;
}

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const OpColumns &ops = input.trace->ops;
  const std::vector<std::uint32_t> positions = steadyPositions(input.steps);
  const double parameters = parametersPerStep(input, positions);
  if (parameters < kFewestParameters) return outcome; // no training, or nothing to batch

  const OptimizerRows optimizer(input);
  const auto steps = static_cast<double>(input.steps.steady.size());
  PhaseFacts facts;
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 0; row < ops.start.size(); ++row) {
    if (!input.steady(input.ops.step[row]) || input.claimedOps[row] != 0 || !optimizer.has(row))
      continue;
    rows.push_back(row);
    facts.launchesOfName[ops.name[row]] += input.ops.launches[row];
    facts.rowsOfName[ops.name[row]] += 1;
    ++facts.rowsOfSite[input.ops.site[row]];
  }
  const std::map<StringId, double> repeated = repeatedNames(facts, parameters, steps);

  OccurrenceGroups groups(input);
  OccurrenceGroup group;
  group.count.resize(input.steps.steady.size());
  group.hostTime = group.syncs = group.bytes = group.count;
  bool first = true;
  const ReplacedTime time(input);
  std::vector<double> work(input.steps.steady.size());
  for (const std::uint32_t row : rows) {
    const std::uint32_t position = positions[input.ops.step[row]];
    work[position] += time.work(row);
    group.ops.push_back(row);
    group.hostTime[position] += static_cast<double>(input.ops.self[row]);
    group.path =
        first ? input.ops.path[row] : input.paths.commonPrefix(group.path, input.ops.path[row]);
    first = false;
    if (!repeated.contains(ops.name[row]) || input.ops.launches[row] == 0) continue;
    group.count[position] += input.ops.launches[row];
    if (group.evidence.size() < OccurrenceGroups::kEvidenceRows)
      group.evidence.push_back(opEvidence(input, row));
  }
  const double launches = group.perStep();
  if (launches < kLaunchesPerParameter * parameters) return outcome;

  for (std::uint32_t row = 0; row < input.trace->allocations.start.size(); ++row) {
    const std::uint32_t op = input.allocations.op[row];
    if (op == kNoIndex || !takenInSteadyStep(input, row) || !optimizer.has(op)) continue;
    group.allocations.push_back(row);
    ++facts.rowsOfSite[input.allocations.site[row]];
  }
  group.site = commonSite(facts);
  Finding finding = describe(groups, group, launches, parameters);
  finding.replaced =
      Replaced{finding.hostTime, Nanoseconds(static_cast<std::int64_t>(median(work))), launches};
  if (launches >= kMaterialLaunches) {
    if (RuleFinding *found = judge(input, group, std::move(finding), true, outcome))
      found->fix = fusedPlan(input, group);
  } else {
    finding.mayNotPay = fmt::format("{:.0f} launches per step are below the threshold of {:.0f}.",
                                    launches, kMaterialLaunches);
    outcome.notWorth.push_back({std::move(finding), group.ops, group.allocations});
  }
  return outcome;
}

} // namespace

Rule hl304PerParameterOptimizer() {
  return {"HL304", "per_parameter_optimizer",
          "The optimizer starts kernels for each parameter by itself", run, Needs::kOperators};
}

} // namespace hotloop
