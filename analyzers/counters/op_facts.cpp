#include "analyzers/counters/op_facts.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <unordered_map>
#include <utility>

#include "analyzers/counters/range_cursor.h"
#include "analyzers/counters/step_cursor.h"
#include "analyzers/steps/lanes.h"
#include "core/base/stop.h"

namespace hotloop {

namespace {

// The last forward operator seen with each autograd sequence number.
class ForwardOps {
public:
  explicit ForwardOps(const OpColumns &ops) {
    std::int64_t highest = -1;
    lowest_ = INT64_MAX;
    for (const std::int64_t sequence : ops.sequence) {
      if (sequence < 0) continue;
      highest = std::max(highest, sequence);
      lowest_ = std::min(lowest_, sequence);
    }
    // Numbers are dealt out one after the other; only a strange file has them far apart.
    const std::size_t room = 4 * ops.sequence.size() + 1024;
    if (highest >= 0 && static_cast<std::uint64_t>(highest - lowest_) < room)
      dense_.assign(static_cast<std::size_t>(highest - lowest_) + 1, kNoIndex);
  }

  void set(std::int64_t sequence, std::uint32_t op) {
    if (dense_.empty())
      sparse_[sequence] = op;
    else
      dense_[static_cast<std::size_t>(sequence - lowest_)] = op;
  }
  std::uint32_t get(std::int64_t sequence) const {
    if (!dense_.empty()) return dense_[static_cast<std::size_t>(sequence - lowest_)];
    const auto found = sparse_.find(sequence);
    return found == sparse_.end() ? kNoIndex : found->second;
  }

private:
  std::int64_t lowest_ = 0;
  std::vector<std::uint32_t> dense_;
  std::unordered_map<std::int64_t, std::uint32_t> sparse_;
};

// Columns that are filled in any order; packed when they are full.
struct Draft {
  explicit Draft(std::size_t rows)
      : level(rows), self(rows), step(rows, kNoIndex), site(rows), path(rows) {}

  std::vector<std::uint16_t> level;
  std::vector<std::int64_t> self;
  std::vector<std::uint32_t> step;
  std::vector<SiteIndex> site;
  std::vector<PathIndex> path;
};

template <class T> PackedColumn<T> pack(std::vector<T> &cells) {
  return PackedColumn<T>(std::span<const T>(std::exchange(cells, {})));
}

struct OpenOp {
  std::uint32_t op = kNoIndex;
  std::uint32_t backwardRoot = kNoIndex; // innermost backward function around, itself included
};

class Sweep {
public:
  Sweep(const TraceView &trace, const Steps &steps, const SiteTable &sites, RangePaths &paths,
        OpFacts &facts, Draft &draft)
      : trace_(trace), ops_(trace->ops), sites_(sites), ranges_(trace, paths),
        stepOf_(trace, steps), forward_(trace->ops), facts_(facts), draft_(draft) {
    std::uint32_t lanes = 0;
    for (const ThreadId lane : ops_.lane) lanes = std::max(lanes, lane.value + 1);
    open_.resize(lanes);
    laneOps_.resize(lanes);
    isWrapper_.resize(trace->strings.size());
    for (std::uint32_t id = 1; id < isWrapper_.size(); ++id)
      isWrapper_[id] = trace.text(StringId(id)).starts_with("autograd::");
  }

  void run() {
    const auto count = static_cast<std::uint32_t>(ops_.start.size());
    std::vector<std::uint32_t> ties;
    for (std::uint32_t i = 0; i < count;) {
      stopPoint(i);
      std::uint32_t next = i + 1;
      while (next < count && ops_.start[next] == ops_.start[i] &&
             ops_.duration[next] == ops_.duration[i])
        ++next;
      if (next == i + 1) {
        visit(i);
      } else {
        // Rows of one interval may come child first, because operators are written when they end.
        ties.resize(next - i);
        std::iota(ties.begin(), ties.end(), i);
        std::ranges::stable_sort(ties, {}, [&](std::uint32_t op) { return ops_.depth[op]; });
        for (const std::uint32_t op : ties) visit(op);
      }
      i = next;
    }
    for (std::uint32_t lane = 0; lane < laneOps_.size(); ++lane)
      if (!laneOps_[lane].empty())
        facts_.lanes.push_back({ThreadId(lane), std::move(laneOps_[lane])});
  }

private:
  Nanoseconds endOfOp(std::uint32_t op) const { return endOf(ops_.start[op], ops_.duration[op]); }

  // Is `top` still open when `op` begins, and does it end no earlier?
  bool encloses(std::uint32_t top, std::uint32_t op) {
    const Nanoseconds end = endOfOp(top);
    if (end < ops_.start[op]) return false;
    if (end == ops_.start[op]) // they touch: `op` is empty and inside, or comes after
      return endOfOp(op) == end && ops_.depth[op] > ops_.depth[top];
    if (end < endOfOp(op)) {
      ++facts_.overlaps;
      return false;
    }
    return true;
  }

  void visit(std::uint32_t op) {
    const ThreadId lane = ops_.lane[op];
    const Nanoseconds start = ops_.start[op];
    auto &open = open_[lane.value];
    while (!open.empty() && !encloses(open.back().op, op)) open.pop_back();
    // An empty operator at the very start of another one may as well come before it.
    std::size_t level = open.size();
    while (level > 0 && endOfOp(op) == start && ops_.start[open[level - 1].op] == start &&
           ops_.depth[open[level - 1].op] >= ops_.depth[op])
      --level;
    const OpenOp around = level == 0 ? OpenOp{} : open[level - 1];

    facts_.parent[op] = around.op;
    if (around.op != kNoIndex) {
      draft_.level[op] = static_cast<std::uint16_t>(draft_.level[around.op] + 1);
      draft_.self[around.op] -= endOfOp(op).count - start.count;
    }
    if (ops_.duration[op].count < 0) ++facts_.negativeDurations;
    draft_.self[op] += endOfOp(op).count - start.count;
    draft_.step[op] = stepOf_.at(lane, start);
    ranges_.advance(start);
    draft_.path[op] = ranges_.at(lane, start);
    if (ops_.scope[op] == OpScope::kUserScope)
      ranges_.open(lane, start, endOfOp(op), ops_.name[op]);

    // "autograd::engine::evaluate_function: ..." is the engine's own, in the scope of operators.
    const std::uint32_t name = ops_.name[op].value;
    const bool wrapper = name < isWrapper_.size() && isWrapper_[name];
    facts_.isOperator[op] = ops_.scope[op] == OpScope::kFunction && !wrapper;
    OpenOp self{op, around.backwardRoot};
    if (wrapper || ops_.scope[op] == OpScope::kBackwardFunction) self.backwardRoot = op;
    facts_.backward[op] = self.backwardRoot != kNoIndex;
    draft_.site[op] = siteOf(op, around, self.backwardRoot);
    if (facts_.isOperator[op] != 0 && ops_.sequence[op] >= 0 && self.backwardRoot == kNoIndex)
      forward_.set(ops_.sequence[op], op);
    if (level == open.size()) open.push_back(self);
    laneOps_[lane.value].push_back(op);
  }

  SiteIndex siteOf(std::uint32_t op, const OpenOp &around, std::uint32_t backwardRoot) const {
    const SiteIndex own = sites_.of(ops_.location[op], ops_.stack[op]);
    const SiteIndex inherited = around.op == kNoIndex ? 0 : draft_.site[around.op];
    if (backwardRoot == op && ops_.sequence[op] >= 0) {
      const std::uint32_t forward = forward_.get(ops_.sequence[op]);
      if (forward != kNoIndex && draft_.site[forward] != 0) return draft_.site[forward];
    } else if (backwardRoot != kNoIndex && draft_.site[backwardRoot] != 0) {
      // What runs at the place that called backward() belongs to the forward operator; Python code
      // of a custom backward function is a place of its own.
      const SiteIndex location = sites_.ofFrame(ops_.location[op]);
      if (location == 0 || location == sites_.ofFrame(ops_.location[backwardRoot]))
        return inherited;
    }
    return own != 0 ? own : inherited;
  }

  const TraceView &trace_;
  const OpColumns &ops_;
  const SiteTable &sites_;
  RangeCursor ranges_;
  StepCursor stepOf_;
  ForwardOps forward_;
  OpFacts &facts_;
  Draft &draft_;
  std::vector<bool> isWrapper_;                     // by StringId
  std::vector<std::vector<OpenOp>> open_;           // by thread id
  std::vector<std::vector<std::uint32_t>> laneOps_; // by thread id
};

// Traits and launches by name: names are few.
struct NameFacts {
  std::vector<OperatorTrait> traits;
  std::vector<std::uint16_t> launches;
};

NameFacts readNames(const TraceView &trace, const OpFacts &facts) {
  const std::size_t names = trace->strings.size();
  NameFacts result{std::vector<OperatorTrait>(names, OperatorTrait::kNone),
                   std::vector<std::uint16_t>(names)};
  std::vector<bool> known(names);
  for (std::size_t i = 0; i < facts.size(); ++i) {
    const StringId name = trace->ops.name[i];
    if (facts.isOperator[i] == 0 || name.value >= names || known[name.value]) continue;
    known[name.value] = true;
    result.traits[name.value] = operatorTraits(trace.text(name));
    result.launches[name.value] = static_cast<std::uint16_t>(wouldBeLaunches(trace.text(name)));
  }
  return result;
}

// The way of counting that core/metrics/operators.h describes, except that an operator counts as
// calling no other when nothing below it launches: views do not make it free.
class Counting {
public:
  Counting(const TraceView &trace, const NameFacts &names, OpFacts &facts)
      : ops_(trace->ops), names_(names), facts_(facts), launches_(facts.size()),
        state_(facts.size()) {}

  void run(const LaneOps &lane) {
    for (const std::uint32_t op : lane.ops) {
      stopPoint(op);
      const std::uint32_t parent = facts_.parent[op];
      if (parent != kNoIndex && ((state_[parent] & kCovered) != 0 || selfContained(parent)))
        state_[op] |= kCovered;
    }
    stopPoint();
    for (auto it = lane.ops.rbegin(); it != lane.ops.rend(); ++it) count(*it);
  }
  std::vector<std::uint16_t> &launches() { return launches_; } // by row

private:
  enum : std::uint8_t { kCovered = 1, kLaunchBelow = 2, kSyncBelow = 4 };

  bool named(std::uint32_t op) const {
    return facts_.isOperator[op] != 0 && ops_.name[op].value < names_.traits.size();
  }
  bool selfContained(std::uint32_t op) const {
    return named(op) && has(names_.traits[ops_.name[op].value], OperatorTrait::kSelfContained);
  }

  void count(std::uint32_t op) {
    if ((state_[op] & kCovered) != 0) return;
    std::uint8_t up = state_[op];
    if (named(op)) {
      const std::uint32_t name = ops_.name[op].value;
      const bool alone = selfContained(op);
      if (alone || (up & kLaunchBelow) == 0) launches_[op] = names_.launches[name];
      if (alone || (up & kSyncBelow) == 0)
        facts_.hostSync[op] = has(names_.traits[name], OperatorTrait::kHostSync);
    }
    if (launches_[op] != 0) up |= kLaunchBelow;
    if (facts_.hostSync[op] != 0) up |= kSyncBelow;
    if (facts_.parent[op] != kNoIndex) state_[facts_.parent[op]] |= up;
  }

  const OpColumns &ops_;
  const NameFacts &names_;
  OpFacts &facts_;
  std::vector<std::uint16_t> launches_;
  std::vector<std::uint8_t> state_; // by row
};

} // namespace

OpFacts computeOpFacts(const TraceView &trace, const Steps &steps, const SiteTable &sites,
                       RangePaths &paths) {
  const std::size_t count = trace->ops.start.size();
  OpFacts facts;
  facts.parent.assign(count, kNoIndex);
  facts.isOperator.resize(count);
  facts.backward.resize(count);
  facts.hostSync.resize(count);
  Draft draft(count);
  Sweep(trace, steps, sites, paths, facts, draft).run();
  for (std::int64_t &self : draft.self) self = std::max<std::int64_t>(self, 0);
  facts.level = pack(draft.level);
  facts.self = pack(draft.self);
  facts.step = pack(draft.step);
  facts.site = pack(draft.site);
  facts.path = pack(draft.path);
  NameFacts names = readNames(trace, facts);
  Counting counting(trace, names, facts);
  for (const LaneOps &lane : facts.lanes) counting.run(lane);
  facts.launches = pack(counting.launches());
  facts.traitsOfName = std::move(names.traits);
  return facts;
}

std::uint32_t outermostOperator(const OpFacts &facts, std::uint32_t op) {
  for (std::uint32_t up = facts.parent[op]; up != kNoIndex; up = facts.parent[up]) {
    if (facts.isOperator[up] == 0) break;
    op = up;
  }
  return op;
}

} // namespace hotloop
