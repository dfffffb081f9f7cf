#include "analyzers/compare/ownership.h"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>

#include "analyzers/compare/kernel_family.h"
#include "analyzers/counters/range_cursor.h"
#include "analyzers/counters/step_cursor.h"
#include "analyzers/steps/lanes.h"
#include "core/base/stop.h"

namespace hotloop {

namespace {

enum Category : std::uint8_t { kKernel, kCopy, kFill, kSync, kLaunch, kAllocate, kOperator, kHost };
constexpr std::array<const char *, 8> kCategoryNames = {"kernel", "copy",      "fill",     "sync",
                                                        "launch", "allocator", "operator", "host"};

struct OwnerKey {
  Category category = kHost;
  PathIndex path = 0;
  std::uint32_t opPath = 0; // node in OpPaths
  SiteIndex site = 0;
  std::uint32_t family = 0;
  bool operator==(const OwnerKey &) const = default;
};
struct OwnerKeyHash {
  std::size_t operator()(const OwnerKey &key) const {
    std::uint64_t hash = key.category;
    for (const std::uint32_t part : {key.path, key.opPath, key.site, key.family})
      hash = (hash ^ part) * 0x9E3779B97F4A7C15ull;
    return static_cast<std::size_t>(hash ^ (hash >> 29));
  }
};

struct Interval {
  Nanoseconds start, end;
  std::uint32_t step = 0; // ordinal among the steady ones
};
struct Segment {
  Nanoseconds start, end;
  std::uint32_t owner = 0;
};

// Turns events that come by start into disjoint segments: at every moment the one that began last.
class LatestWins {
public:
  explicit LatestWins(std::vector<Segment> &out) : out_(out) {}
  void add(Nanoseconds start, Nanoseconds end, std::uint32_t owner) {
    advance(start);
    if (end > start) open_.push_back({start, end, owner});
  }
  void finish() {
    while (!open_.empty()) {
      const Segment top = open_.back();
      open_.pop_back();
      emit(std::max(cursor_, top.start), top.end, top.owner);
    }
  }

private:
  void advance(Nanoseconds until) {
    while (!open_.empty() && cursor_ < until) {
      const Segment &top = open_.back();
      if (top.end <= cursor_) {
        open_.pop_back();
        continue;
      }
      const Nanoseconds end = std::min(top.end, until);
      emit(std::max(cursor_, top.start), end, top.owner);
      if (end == top.end) open_.pop_back();
    }
    cursor_ = std::max(cursor_, until);
  }
  void emit(Nanoseconds start, Nanoseconds end, std::uint32_t owner) {
    if (end <= start) return;
    out_.push_back({start, end, owner});
    cursor_ = end;
  }

  std::vector<Segment> &out_;
  std::vector<Segment> open_; // by start
  Nanoseconds cursor_{INT64_MIN};
};

class Owners {
public:
  explicit Owners(const RunFacts &facts) : facts_(facts), trace_(facts.trace), places_(facts) {
    for (const std::uint32_t step : facts.steps.steady) {
      steady_.push_back(step);
      left_.push_back({facts.steps.all[step].start, facts.steps.all[step].end,
                       static_cast<std::uint32_t>(steady_.size() - 1)});
    }
    isSteady_.resize(facts.steps.all.size());
    for (const std::uint32_t step : steady_) isSteady_[step] = 1;
    nameOpPaths();
  }

  TimeOwnership run() {
    readCalls(); // before the device: its work belongs to calls
    paintDevice();
    paint(calls_);
    paintOperators(true);
    paintOperators(false);
    paintHost();
    return take();
  }

private:
  std::uint32_t ownerOf(const OwnerKey &key) {
    const auto [entry, isNew] = known_.try_emplace(key, static_cast<std::uint32_t>(owners_.size()));
    if (isNew) {
      keys_.push_back(key);
      owners_.emplace_back();
    }
    return entry->second;
  }
  bool counted(std::uint32_t step) const { return step != kNoIndex && isSteady_[step] != 0; }

  void nameOpPaths() {
    opPathText_.emplace_back();
    opPathOf_.assign(facts_.ops.size(), 0);
    std::unordered_map<std::uint64_t, std::uint32_t> nodes;
    for (const LaneOps &lane : facts_.ops.lanes)
      for (const std::uint32_t op : lane.ops) {
        const std::uint32_t parent = facts_.ops.parent[op];
        const std::uint32_t above = parent == kNoIndex ? 0 : opPathOf_[parent];
        if (trace_->ops.scope[op] == OpScope::kUserScope ||
            trace_->ops.scope[op] == OpScope::kOther) {
          opPathOf_[op] = above;
          continue;
        }
        const StringId name = trace_->ops.name[op];
        const auto [entry, isNew] =
            nodes.try_emplace(static_cast<std::uint64_t>(above) << 32 | name.value,
                              static_cast<std::uint32_t>(opPathText_.size()));
        if (isNew) {
          const std::string &up = opPathText_[above];
          std::string text = up.empty() ? std::string() : up + "/";
          opPathText_.push_back(text.append(trace_.text(name)));
        }
        opPathOf_[op] = entry->second;
      }
  }

  std::uint32_t familyOf(StringId name) {
    const auto [entry, isNew] =
        familyOfName_.try_emplace(name.value, static_cast<std::uint32_t>(families_.size()));
    if (isNew) families_.push_back(kernelFamily(trace_.text(name)));
    return entry->second;
  }

  struct Call {
    std::uint32_t step = kNoIndex;
    OwnerKey key;
  };

  void readCalls() {
    const auto &apis = trace_->apis;
    RangeCursor ranges(trace_, facts_.paths);
    StepCursor stepOf(trace_, facts_.steps);
    LatestWins segments(calls_);
    for (std::size_t i = 0; i < apis.start.size(); ++i) {
      stopPoint(i);
      ranges.advance(apis.start[i]);
      const std::uint32_t op = places_.op(i);
      Call call;
      call.step = stepOf.at(apis.lane[i], apis.start[i]);
      call.key.path = op != kNoIndex ? facts_.ops.path[op] : ranges.at(apis.lane[i], apis.start[i]);
      call.key.site = places_.site(i, op);
      call.key.opPath = op != kNoIndex ? opPathOf_[op] : 0;
      const bool nested =
          apis.correlation[i] != 0 && !byCorrelation_.try_emplace(apis.correlation[i], call).second;
      if (apis.lane[i] != facts_.steps.lane || nested) continue;
      OwnerKey key = call.key;
      key.family = familyOf(apis.name[i]);
      switch (apiKindOf(trace_.text(apis.name[i]))) {
      case ApiKind::kSync:
      case ApiKind::kBlockingCopy: key.category = kSync; break;
      case ApiKind::kAllocator: key.category = kAllocate; break;
      default: key.category = kLaunch; break;
      }
      const std::uint32_t owner = ownerOf(key);
      const Nanoseconds end = endOf(apis.start[i], apis.duration[i]);
      segments.add(apis.start[i], end, owner);
      if (counted(call.step)) work(owner, end - apis.start[i]);
    }
    segments.finish();
  }

  void work(std::uint32_t owner, Nanoseconds length) {
    owners_[owner].worked += length.count;
    ++owners_[owner].count;
  }

  void paintDevice() {
    struct Work {
      Nanoseconds start, end;
      std::uint32_t owner;
    };
    std::vector<Work> all;
    const auto add = [&](const auto &rows, Category category) {
      StepCursor byTime(trace_, facts_.steps);
      for (std::size_t i = 0; i < rows.start.size(); ++i) {
        stopPoint(i);
        std::uint32_t step = byTime.at(rows.start[i]);
        OwnerKey key;
        const auto call = byCorrelation_.find(rows.correlation[i]);
        if (rows.correlation[i] != 0 && call != byCorrelation_.end()) {
          key = call->second.key;
          step = call->second.step;
        }
        key.category = category;
        key.family = familyOf(rows.name[i]);
        const std::uint32_t owner = ownerOf(key);
        const Nanoseconds end = endOf(rows.start[i], rows.duration[i]);
        all.push_back({rows.start[i], end, owner});
        if (!counted(step)) continue;
        work(owner, end - rows.start[i]);
        if constexpr (requires { rows.registers; })
          owners_[owner].registers =
              std::max<std::int64_t>(owners_[owner].registers, rows.registers[i]);
      }
    };
    add(trace_->kernels, kKernel);
    add(trace_->memcpys, kCopy);
    add(trace_->memsets, kFill);
    if (all.empty()) return;
    std::stable_sort(all.begin(), all.end(),
                     stoppable([](const Work &a, const Work &b) { return a.start < b.start; }));
    std::vector<Segment> layer;
    LatestWins segments(layer);
    for (std::size_t i = 0; i < all.size(); ++i) {
      stopPoint(i);
      segments.add(all[i].start, all[i].end, all[i].owner);
    }
    segments.finish();
    paint(layer);
  }

  // Of the thread of the steps, or of those that run backward functions for it.
  void paintOperators(bool own) {
    const auto &ops = trace_->ops;
    for (const LaneOps &lane : facts_.ops.lanes) {
      if ((lane.lane == facts_.steps.lane) != own) continue;
      if (processOf(trace_, lane.lane) != facts_.steps.process) continue;
      const bool backward = own || std::ranges::any_of(lane.ops, [&](std::uint32_t op) {
                              return facts_.ops.backward[op] != 0;
                            });
      std::vector<Segment> layer;
      LatestWins segments(layer);
      for (const std::uint32_t op : lane.ops) {
        if (ops.scope[op] == OpScope::kUserScope) continue;
        // Python functions of an imported trace are no operators: their own time is the program's.
        const Category category = ops.scope[op] == OpScope::kOther ? kHost : kOperator;
        const std::uint32_t owner =
            ownerOf({category, facts_.ops.path[op], opPathOf_[op], facts_.ops.site[op], 0});
        segments.add(ops.start[op], endOf(ops.start[op], ops.duration[op]), owner);
        if (counted(facts_.ops.step[op])) work(owner, Nanoseconds(facts_.ops.self[op]));
      }
      segments.finish();
      if (backward) paint(layer);
    }
  }

  // Ranges and user scopes of the thread of the steps; the rest has no phase.
  void paintHost() {
    struct Scope {
      Nanoseconds start, end;
      PathIndex path;
    };
    std::vector<Scope> scopes;
    const auto &ranges = trace_->ranges;
    RangeCursor cursor(trace_, facts_.paths);
    for (std::size_t i = 0; i < ranges.start.size(); ++i) {
      stopPoint(i);
      if (ranges.lane[i] != facts_.steps.lane || ranges.kind[i] != RangeKind::kPushPop) continue;
      cursor.advance(ranges.start[i]);
      scopes.push_back({ranges.start[i], endOf(ranges.start[i], ranges.duration[i]),
                        cursor.at(ranges.lane[i], ranges.start[i])});
    }
    const auto &ops = trace_->ops;
    std::int64_t number = 0;
    for (std::size_t i = 0; i < ops.start.size(); ++i) {
      stopPoint(i);
      if (ops.scope[i] != OpScope::kUserScope || ops.lane[i] != facts_.steps.lane) continue;
      const std::string_view name = trace_.text(ops.name[i]);
      const PathIndex path = facts_.ops.path[i];
      scopes.push_back({ops.start[i], endOf(ops.start[i], ops.duration[i]),
                        isStepName(name, number) ? path : facts_.paths.child(path, name)});
    }
    std::ranges::stable_sort(scopes, [](const Scope &a, const Scope &b) {
      return a.start != b.start ? a.start < b.start : a.end > b.end;
    });
    std::vector<Segment> layer;
    LatestWins segments(layer);
    for (const Scope &scope : scopes)
      segments.add(scope.start, scope.end, ownerOf({kHost, scope.path, 0, 0, 0}));
    segments.finish();
    paint(layer);
    const std::uint32_t nobody = ownerOf({});
    for (const Interval &rest : left_) giveTo(nobody, rest);
    left_.clear();
  }

  void giveTo(std::uint32_t owner, const Interval &time) {
    const std::int64_t length = (time.end - time.start).count;
    owners_[owner].owned += length;
    std::vector<std::int64_t> &values = phases_[keys_[owner].path];
    if (values.empty()) values.resize(steady_.size());
    values[time.step] += length;
  }

  // Gives what `layer` covers of the time that is left to its owners.
  void paint(const std::vector<Segment> &layer) {
    if (layer.empty()) return;
    std::vector<Interval> rest;
    std::size_t next = 0;
    for (Interval open : left_) {
      while (next < layer.size() && layer[next].end <= open.start) ++next;
      for (std::size_t i = next; i < layer.size() && layer[i].start < open.end; ++i) {
        const Nanoseconds start = std::max(layer[i].start, open.start);
        const Nanoseconds end = std::min(layer[i].end, open.end);
        if (end <= start) continue;
        if (start > open.start) rest.push_back({open.start, start, open.step});
        giveTo(layer[i].owner, {start, end, open.step});
        open.start = end;
        next = i;
      }
      if (open.end > open.start) rest.push_back(open);
    }
    left_ = std::move(rest);
  }

  TimeOwnership take() {
    TimeOwnership result;
    for (std::size_t i = 0; i < owners_.size(); ++i) {
      stopPoint(i);
      if (owners_[i].owned == 0 && owners_[i].count == 0) continue;
      TimeOwner owner = owners_[i];
      const OwnerKey &key = keys_[i];
      const Site &site = facts_.sites.site(key.site);
      owner.category = kCategoryNames[key.category];
      owner.phase = facts_.paths.text(key.path);
      owner.opPath = opPathText_[key.opPath];
      owner.file = site.file;
      owner.function = site.function;
      owner.line = site.line;
      if (key.category <= kAllocate) owner.family = families_[key.family];
      result.owners.push_back(std::move(owner));
    }
    // Two paths may read alike (a range named "a/b" and one b in a).
    std::map<std::string, std::vector<std::int64_t>> phases;
    for (auto &[path, values] : phases_) {
      std::vector<std::int64_t> &sum = phases[facts_.paths.text(path)];
      sum.resize(steady_.size());
      for (std::size_t i = 0; i < values.size(); ++i) sum[i] += values[i];
    }
    for (auto &[phase, values] : phases) result.phases.push_back({phase, std::move(values)});
    return result;
  }

  const RunFacts &facts_;
  const TraceView &trace_;
  ApiPlaces places_;
  std::vector<std::uint32_t> steady_;
  std::vector<std::uint8_t> isSteady_;
  std::vector<Interval> left_; // time without an owner yet, by start
  std::vector<Segment> calls_;
  std::unordered_map<std::uint32_t, Call> byCorrelation_;
  std::vector<std::uint32_t> opPathOf_;
  std::vector<std::string> opPathText_;
  std::vector<std::string> families_;
  std::unordered_map<std::uint32_t, std::uint32_t> familyOfName_;
  std::unordered_map<OwnerKey, std::uint32_t, OwnerKeyHash> known_;
  std::vector<OwnerKey> keys_;
  std::vector<TimeOwner> owners_;
  std::unordered_map<PathIndex, std::vector<std::int64_t>> phases_;
};

} // namespace

TimeOwnership ownersOfTime(const RunFacts &facts) { return Owners(facts).run(); }

} // namespace hotloop
