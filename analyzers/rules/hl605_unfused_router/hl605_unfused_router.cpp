#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "analyzers/rules/called_ops.h"
#include "analyzers/rules/occurrences.h"
#include "analyzers/rules/replaced_time.h"
#include "analyzers/steps/lanes.h"

namespace hotloop {

namespace {

// softmax, topk (two launches), sum, div: what a fused gating kernel does in one launch.
constexpr double kMinimumLaunches = 5;
// A router works on tokens x experts; a tensor beyond this is no router's.
constexpr std::int64_t kLargestResult = std::int64_t{8} << 20;
constexpr std::size_t kFarthestPartner = 6;
// Each small kernel is mostly its own start; the fused one reads the logits once. A model, asked
// with a profile of the machine only.
constexpr double kFusedShare = 0.5;

constexpr std::array<std::string_view, 4> kSoftmax = {"aten::softmax", "aten::_softmax",
                                                      "aten::sigmoid", "aten::log_softmax"};
// A stable sort stands for top-k where ties must go to the lowest expert.
constexpr std::array<std::string_view, 3> kTopk = {"aten::topk", "aten::kthvalue", "aten::sort"};
// What routers are written with around them. Products, index and custom operators end the chain.
constexpr std::array<std::string_view, 42> kChain = {
    "aten::sum",         "aten::div",          "aten::div_",        "aten::mul",
    "aten::mul_",        "aten::add",          "aten::add_",        "aten::sub",
    "aten::clamp",       "aten::clamp_min",    "aten::scatter",     "aten::scatter_",
    "aten::scatter_add", "aten::scatter_add_", "aten::gather",      "aten::zeros",
    "aten::zeros_like",  "aten::ones_like",    "aten::one_hot",     "aten::cumsum",
    "aten::bincount",    "aten::histc",        "aten::argsort",     "aten::sort",
    "aten::to",          "aten::_to_copy",     "aten::type_as",     "aten::copy_",
    "aten::eq",          "aten::mean",         "aten::masked_fill", "aten::masked_fill_",
    "aten::new_zeros",   "aten::empty",        "aten::zero_",       "aten::exp",
    "aten::neg",         "aten::max",          "aten::reciprocal",  "aten::clone",
    "aten::fill_",       "aten::contiguous"};

// What only a router does with the chosen: renormalise, count or sort them. A classifier that
// reports its best classes runs softmax and top-k too.
constexpr std::array<std::string_view, 14> kRouting = {
    "aten::div",          "aten::div_",    "aten::scatter", "aten::scatter_",  "aten::scatter_add",
    "aten::scatter_add_", "aten::gather",  "aten::one_hot", "aten::cumsum",    "aten::bincount",
    "aten::histc",        "aten::argsort", "aten::sort",    "aten::reciprocal"};

struct Chain {
  std::size_t first = 0;
  std::size_t last = 0; // inclusive
  double launches = 0;
};

class Finder {
public:
  explicit Finder(const RuleInput &input)
      : input_(input), softmax_(input, kSoftmax), topk_(input, kTopk), chain_(input, kChain),
        routing_(input, kRouting) {}

  std::vector<Chain> find(const CalledRun &run) const {
    std::vector<Chain> chains;
    for (std::size_t i = 0; i < run.ops.size();) {
      Chain chain{i, i, 0};
      if (!begin(run, chain)) {
        ++i;
        continue;
      }
      extend(run, chain);
      if (!routes(run, chain)) {
        i = chain.last + 1;
        continue;
      }
      for (std::size_t k = chain.first; k <= chain.last; ++k) chain.launches += run.ops[k].launches;
      chains.push_back(chain);
      i = chain.last + 1;
    }
    return chains;
  }

private:
  StringId nameOf(const CalledOp &called) const { return input_.trace->ops.name[called.op]; }
  bool isView(const CalledOp &called) const { return called.launches == 0 && called.syncs == 0; }
  bool isMember(const CalledOp &called) const {
    const StringId name = nameOf(called);
    return isView(called) || softmax_.contains(name) || topk_.contains(name) ||
           chain_.contains(name);
  }

  // A softmax soon followed by a top-k, or the other way round.
  bool begin(const CalledRun &run, Chain &chain) const {
    const StringId name = nameOf(run.ops[chain.first]);
    const NameSet *partner = softmax_.contains(name) ? &topk_
                             : topk_.contains(name)  ? &softmax_
                                                     : nullptr;
    if (partner == nullptr) return false;
    const std::size_t end = std::min(run.ops.size(), chain.first + 1 + kFarthestPartner);
    for (std::size_t k = chain.first + 1; k < end && isMember(run.ops[k]); ++k) {
      if (!partner->contains(nameOf(run.ops[k]))) continue;
      chain.last = k;
      return true;
    }
    return false;
  }

  // Up to the last operator that launches something and still belongs to the router.
  void extend(const CalledRun &run, Chain &chain) const {
    const PathIndex path = input_.ops.path[run.ops[chain.first].op];
    constexpr std::size_t kLongest = 24;
    const std::size_t end = std::min(run.ops.size(), chain.first + kLongest);
    for (std::size_t k = chain.last + 1; k < end && isMember(run.ops[k]); ++k) {
      if (!input_.paths.within(input_.ops.path[run.ops[k].op], path)) return;
      if (softmax_.contains(nameOf(run.ops[k])) || topk_.contains(nameOf(run.ops[k]))) return;
      if (!isView(run.ops[k])) chain.last = k;
    }
  }

  // A softmax over the chosen only is a renormalisation, too.
  bool routes(const CalledRun &run, const Chain &chain) const {
    if (topk_.contains(nameOf(run.ops[chain.first]))) return true;
    for (std::size_t k = chain.first; k <= chain.last; ++k)
      if (routing_.contains(nameOf(run.ops[k]))) return true;
    return false;
  }

  const RuleInput &input_;
  NameSet softmax_, topk_, chain_, routing_;
};

// Rows of operators that made a tensor larger than a router's.
std::vector<std::uint8_t> largeResults(const RuleInput &input) {
  std::vector<std::uint8_t> large(input.ops.size());
  const auto &rows = input.trace->allocations;
  for (std::uint32_t row = 0; row < input.allocations.size(); ++row) {
    if (rows.action[row] != AllocationAction::kAllocate || rows.bytes[row] <= kLargestResult ||
        input.allocations.op[row] == kNoIndex)
      continue;
    large[outermostOperator(input.ops, input.allocations.op[row])] = 1;
  }
  return large;
}

// Host time of the chain with its backward pass, ns per steady step.
struct Parts {
  std::vector<double> all, work;

  void resize(std::size_t steps) {
    all.resize(steps);
    work.resize(steps);
  }
  void add(const RuleInput &input, const ReplacedTime &time, std::size_t position,
           std::uint32_t op) {
    const OpColumns &ops = input.trace->ops;
    const std::int64_t start = ops.start[op].count;
    const std::int64_t end = endOf(ops.start[op], ops.duration[op]).count;
    all[position] += static_cast<double>(end - start);
    work[position] += time.work(ops.lane[op], start, std::max(end, start + 1));
  }
  Replaced replaced(double count) const {
    const auto ns = [](double time) { return Nanoseconds(static_cast<std::int64_t>(time)); };
    return {ns(median(all)), ns(median(work)), count};
  }
};

std::vector<std::uint32_t> backwardOf(const RuleInput &input, const ReplacedTime &time,
                                      const CalledRun &called, const Chain &chain) {
  const OpColumns &ops = input.trace->ops;
  const std::uint32_t last = called.ops[chain.last].op;
  const auto numbers = time.sequences(
      called.lane, ops.start[called.ops[chain.first].op].count,
      std::max(endOf(ops.start[last], ops.duration[last]).count, ops.start[last].count + 1));
  return time.backwardOf(called.ops[chain.first].step, numbers);
}

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const Finder finder(input);
  const std::vector<std::uint8_t> large = largeResults(input);
  OccurrenceGroups groups(input);
  std::map<const OccurrenceGroup *, std::vector<double>> launches;
  std::map<const OccurrenceGroup *, Parts> parts;
  std::optional<ReplacedTime> time; // looks at every operator: only for a run with routers
  std::map<const OccurrenceGroup *, FixPlan> fixes;
  for (const CalledRun &called : calledOps(input)) {
    for (const Chain &chain : finder.find(called)) {
      const auto isLarge = [&](std::size_t k) { return large[called.ops[k].op] != 0; };
      bool small = true;
      for (std::size_t k = chain.first; k <= chain.last; ++k) small = small && !isLarge(k);
      if (!small) continue;
      OccurrenceGroup *group = groups.addOp(0, called.ops[chain.first].op);
      if (group == nullptr) continue;
      launches[group].push_back(chain.launches);
      auto &fused = fixes[group].groups.emplace_back();
      for (std::size_t k = chain.first; k <= chain.last; ++k) fused.push_back(called.ops[k].op);
      for (std::size_t k = chain.first + 1; k <= chain.last; ++k)
        groups.extend(*group, called.ops[k].op);
      if (!time) time.emplace(input);
      const std::size_t position = groups.positionOf(called.ops[chain.first].step);
      parts[group].resize(input.steps.steady.size());
      for (const std::uint32_t op : fused) parts[group].add(input, *time, position, op);
      // A fused kernel has a fused backward pass.
      std::vector<std::uint32_t> backward = backwardOf(input, *time, called, chain);
      for (const std::uint32_t op : backward) parts[group].add(input, *time, position, op);
      if (!backward.empty()) fixes[group].groups.push_back(std::move(backward));
    }
  }
  for (const auto &[key, group] : groups) {
    const double perLayer = median(launches[&group]);
    if (perLayer < kMinimumLaunches) continue;
    Finding finding = groups.finding(group);
    finding.title = fmt::format("Router of {:.3g} small launches instead of one", perLayer);
    finding.fix = "Fuse softmax, top-k and normalisation into one gating kernel.";
    finding.fixCode = "# before\nprobs = logits.softmax(-1)\nweights, experts = probs.topk(k)\n"
                      "weights = weights / weights.sum(-1, keepdim=True)\n\n"
                      "# after: one kernel, or let the compiler make it\n"
                      "weights, experts = fused_gating(logits, k)   # or torch.compile(route)";
    finding.mayNotPay =
        "When the device is busy with large products anyway, the small launches hide "
        "behind them.";
    finding.replaced = parts[&group].replaced(perLayer);
    RuleFinding *found = judge(input, group, std::move(finding), true, outcome);
    if (found == nullptr) continue;
    FixPlan &fix = found->fix = std::move(fixes[&group]);
    fix.kind = FixKind::kFuseOps;
    fix.factor = kFusedShare;
    fix.bounded = true;
  }
  return outcome;
}

} // namespace

Rule hl605UnfusedRouter() {
  return {"HL605", "unfused_router",
          "A router of softmax, top-k and normalisation as separate small launches", run,
          Needs::kOperators};
}

} // namespace hotloop
