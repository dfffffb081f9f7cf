#include "analyzers/gate/profile_counters.h"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "analyzers/counters/range_cursor.h"
#include "analyzers/counters/step_cursor.h"
#include "analyzers/steps/lanes.h"
#include "core/base/stop.h"
#include "core/trace/copy_kinds.h"

namespace hotloop {

namespace {

enum CounterIndex : std::uint8_t {
  kOperators,
  kLaunches,
  kGraphLaunches,
  kKernels,
  kHostSyncs,
  kCopies,
  kHostToDevice,
  kDeviceToHost,
  kDeviceToDevice,
  kAllocations,
  kAllocatedBytes,
  kCounterCount
};
constexpr std::array<const char *, kCounterCount> kNames = {
    "operators", "launches",  "graph_launches", "kernels",     "host_syncs",     "copies",
    "h2d_bytes", "d2h_bytes", "d2d_bytes",      "allocations", "allocated_bytes"};

// Gathers values by counter, phase and function.
class Gatherer {
public:
  Gatherer(const RunFacts &facts) : facts_(facts) {
    ordinal_.assign(facts.steps.all.size(), kNoIndex);
    for (std::uint32_t i = 0; i < facts.steps.steady.size(); ++i)
      ordinal_[facts.steps.steady[i]] = i;
    std::unordered_map<std::string, std::uint32_t> known;
    groupOf_.resize(facts.sites.size());
    for (SiteIndex i = 0; i < facts.sites.size(); ++i) {
      const Site &site = facts.sites.site(i);
      groupOf_[i] = known.try_emplace(site.file + '\n' + site.function, i).first->second;
    }
  }

  void add(CounterIndex counter, std::uint32_t step, PathIndex path, SiteIndex site, StringId op,
           std::int64_t value) {
    if (value == 0 || step == kNoIndex || ordinal_[step] == kNoIndex) return;
    const std::uint64_t key = (static_cast<std::uint64_t>(counter) << 60) |
                              (static_cast<std::uint64_t>(path & 0x3FFFFFFF) << 30) |
                              (groupOf_[site] & 0x3FFFFFFF);
    Cell &cell = cells_[key];
    if (cell.values.empty()) {
      cell.values.resize(facts_.steps.steady.size());
      cell.counter = counter;
      cell.path = path;
      cell.site = groupOf_[site];
    }
    cell.values[ordinal_[step]] += value;
    Cell::Line &line = lineOf(cell, facts_.sites.site(site).line);
    line.total += value;
    line.opOf(op) += value;
  }

  // The rows of every level.
  std::vector<CounterSeries> take() {
    std::vector<CounterSeries> all;
    std::map<std::pair<std::uint8_t, PathIndex>, std::vector<std::int64_t>> phases;
    std::array<std::vector<std::int64_t>, kCounterCount> totals;
    const double steps = static_cast<double>(std::max<std::size_t>(facts_.steps.steady.size(), 1));
    for (auto &[key, cell] : cells_) {
      addUp(phases[{cell.counter, cell.path}], cell.values);
      addUp(totals[cell.counter], cell.values);
      CounterSeries series;
      series.counter = kNames[cell.counter];
      series.level = SeriesLevel::kSite;
      series.phase = facts_.paths.text(cell.path);
      const Site &site = facts_.sites.site(cell.site);
      series.file = site.file;
      series.function = site.function;
      std::ranges::sort(cell.lines, {}, &Cell::Line::line);
      for (const Cell::Line &line : cell.lines)
        series.lines.push_back({line.line, std::string(facts_.trace.text(line.mostFrequentOp())),
                                static_cast<double>(line.total) / steps});
      series.values = std::move(cell.values);
      all.push_back(std::move(series));
    }
    for (auto &[key, values] : phases) {
      CounterSeries series;
      series.counter = kNames[key.first];
      series.level = SeriesLevel::kPhase;
      series.phase = facts_.paths.text(key.second);
      series.values = std::move(values);
      all.push_back(std::move(series));
    }
    for (std::size_t i = 0; i < kCounterCount; ++i) {
      if (totals[i].empty()) continue;
      CounterSeries series;
      series.counter = kNames[i];
      series.values = std::move(totals[i]);
      all.push_back(std::move(series));
    }
    std::sort(all.begin(), all.end());
    // Two paths may read alike (a range named "a/b" and one b in a).
    std::vector<CounterSeries> merged;
    for (CounterSeries &series : all) {
      if (!merged.empty() && merged.back().sameKey(series)) {
        addUp(merged.back().values, series.values);
        merged.back().lines.insert(merged.back().lines.end(), series.lines.begin(),
                                   series.lines.end());
      } else {
        merged.push_back(std::move(series));
      }
    }
    return merged;
  }

private:
  struct Cell {
    struct Line {
      std::uint32_t line = 0;
      std::int64_t total = 0;
      std::vector<std::pair<StringId, std::int64_t>> ops;
      std::int64_t &opOf(StringId op) {
        for (auto &[name, count] : ops)
          if (name == op) return count;
        return ops.emplace_back(op, 0).second;
      }
      StringId mostFrequentOp() const {
        StringId best;
        std::int64_t most = 0;
        for (const auto &[name, count] : ops)
          if (name && count > most) {
            best = name;
            most = count;
          }
        return best;
      }
    };
    CounterIndex counter = kOperators;
    PathIndex path = 0;
    SiteIndex site = 0;
    std::vector<Line> lines;
    std::vector<std::int64_t> values;
  };

  static Cell::Line &lineOf(Cell &cell, std::uint32_t line) {
    for (Cell::Line &one : cell.lines)
      if (one.line == line) return one;
    cell.lines.push_back({line, 0, {}});
    return cell.lines.back();
  }
  static void addUp(std::vector<std::int64_t> &into, const std::vector<std::int64_t> &what) {
    if (into.empty()) into.resize(what.size());
    for (std::size_t i = 0; i < what.size(); ++i) into[i] += what[i];
  }

  const RunFacts &facts_;
  std::vector<std::uint32_t> ordinal_; // by step
  std::vector<SiteIndex> groupOf_;     // by site: the first site of its function
  std::unordered_map<std::uint64_t, Cell> cells_;
};

StringId shownOp(const RunFacts &facts, std::uint32_t op) {
  return op == kNoIndex ? StringId() : facts.trace->ops.name[outermostOperator(facts.ops, op)];
}

void countOperators(const RunFacts &facts, bool device, Gatherer &into) {
  const OpFacts &ops = facts.ops;
  for (std::uint32_t op = 0; op < ops.size(); ++op) {
    stopPoint(op);
    const std::uint32_t step = ops.step[op];
    if (step == kNoIndex) continue;
    const PathIndex path = ops.path[op];
    const SiteIndex site = ops.site[op];
    if (ops.isOperator[op] != 0)
      into.add(kOperators, step, path, site, facts.trace->ops.name[op], 1);
    if (device || (ops.launches[op] == 0 && ops.hostSync[op] == 0)) continue;
    const StringId name = shownOp(facts, op);
    into.add(kLaunches, step, path, site, name, ops.launches[op]);
    into.add(kHostSyncs, step, path, site, name, ops.hostSync[op]);
  }
}

void countAllocations(const RunFacts &facts, Gatherer &into) {
  const auto &rows = facts.trace->allocations;
  const AllocationFacts &allocations = facts.allocations;
  for (std::size_t i = 0; i < allocations.size(); ++i) {
    stopPoint(i);
    if (rows.action[i] != AllocationAction::kAllocate || allocations.step[i] == kNoIndex) continue;
    const StringId name = shownOp(facts, allocations.op[i]);
    into.add(kAllocations, allocations.step[i], allocations.path[i], allocations.site[i], name, 1);
    into.add(kAllocatedBytes, allocations.step[i], allocations.path[i], allocations.site[i], name,
             rows.bytes[i]);
  }
}

// Memory of LibTorch's allocator (that of the devices, where there is one): how high it rises in a
// step, and how much more is live at the end of the step than at its begin. No place owns either,
// so there are rows of the step only.
void countMemory(const RunFacts &facts, bool device, RunProfile &profile) {
  const auto &rows = facts.trace->allocations;
  const Allocator wanted = device ? Allocator::kTorchCuda : Allocator::kTorchCpu;
  const auto &steady = facts.steps.steady;
  std::vector<std::int64_t> peaks, kept;
  std::vector<std::int64_t> liveOf; // by device
  std::int64_t live = 0, peak = 0, before = 0;
  std::size_t next = 0;
  bool inside = false, any = false;
  const auto boundsUntil = [&](Nanoseconds now) {
    while (next < steady.size()) {
      const auto &step = facts.steps.all[steady[next]];
      if (!inside) {
        if (step.start > now) return;
        inside = true;
        peak = before = live;
      }
      if (step.end > now) return;
      peaks.push_back(peak);
      kept.push_back(live - before);
      inside = false;
      ++next;
    }
  };
  for (std::size_t i = 0; i < rows.start.size(); ++i) {
    stopPoint(i);
    if (rows.allocator[i] != wanted || processOf(facts.trace, rows.lane[i]) != facts.steps.process)
      continue;
    const bool more = rows.action[i] == AllocationAction::kAllocate;
    if (!more && rows.action[i] != AllocationAction::kFree) continue;
    any = true;
    boundsUntil(rows.start[i]);
    if (rows.device[i].value >= liveOf.size()) liveOf.resize(rows.device[i].value + 1);
    std::int64_t &known = liveOf[rows.device[i].value];
    const std::int64_t total = rows.totalAllocated[i];
    const std::int64_t now = total >= 0 ? total : known + (more ? rows.bytes[i] : -rows.bytes[i]);
    live += now - known;
    known = now;
    peak = std::max(peak, live);
  }
  if (!any) return;
  boundsUntil(Nanoseconds(INT64_MAX));
  profile.counted.insert(profile.counted.end(), {"kept_bytes", "peak_bytes"});
  for (auto &[name, values] : {std::pair("kept_bytes", &kept), std::pair("peak_bytes", &peaks)}) {
    if (std::ranges::all_of(*values, [](std::int64_t value) { return value == 0; })) continue;
    CounterSeries series;
    series.counter = name;
    series.values = std::move(*values);
    profile.series.insert(std::ranges::upper_bound(profile.series, series, std::less<>()),
                          std::move(series));
  }
}

struct Call {
  std::uint32_t step = kNoIndex;
  PathIndex path = 0;
  SiteIndex site = 0;
  StringId name;
};

// Calls of the CUDA API and, through their correlation ids, what they made the device do.
class DeviceWork {
public:
  DeviceWork(const RunFacts &facts, Gatherer &into) : facts_(facts), into_(into) {
    // Traces of other tools have the calls, but no rows of device memory.
    countCallsAsAllocations_ =
        std::ranges::none_of(facts.trace->allocations.allocator,
                             [](Allocator by) { return by >= Allocator::kCudaDevice; });
  }

  void count() {
    readCalls();
    countKernels();
    countCopies();
    countSyncs();
  }

private:
  void readCalls() {
    const auto &apis = facts_.trace->apis;
    RangeCursor ranges(facts_.trace, facts_.paths);
    StepCursor stepOf(facts_.trace, facts_.steps);
    ApiPlaces places(facts_);
    std::unordered_map<std::uint32_t, ApiKind> kinds;
    for (std::size_t i = 0; i < apis.start.size(); ++i) {
      stopPoint(i);
      ranges.advance(apis.start[i]);
      const std::uint32_t op = places.op(i);
      Call call;
      call.step = stepOf.at(apis.lane[i], apis.start[i]);
      call.path = op != kNoIndex ? facts_.ops.path[op] : ranges.at(apis.lane[i], apis.start[i]);
      call.site = places.site(i, op);
      call.name = op != kNoIndex ? shownOp(facts_, op) : apis.name[i];
      const auto [known, isNew] = kinds.try_emplace(apis.name[i].value, ApiKind::kOther);
      if (isNew) known->second = apiKindOf(facts_.trace.text(apis.name[i]));
      const ApiKind kind = known->second;
      // A runtime call and the driver call inside of it share their correlation id.
      const std::uint32_t correlation = apis.correlation[i];
      if (correlation != 0 && !calls_.try_emplace(correlation, call).second) continue;
      if (kind == ApiKind::kLaunch || kind == ApiKind::kBlockingCopy) add(kLaunches, call);
      if (kind == ApiKind::kGraphLaunch) add(kGraphLaunches, call);
      if (kind == ApiKind::kAllocator && countCallsAsAllocations_ &&
          facts_.trace.text(apis.name[i]).find("Free") == std::string_view::npos)
        add(kAllocations, call);
      if (kind == ApiKind::kSync || kind == ApiKind::kBlockingCopy) {
        add(kHostSyncs, call);
        if (correlation != 0) waited_.insert(correlation);
      }
    }
  }
  void add(CounterIndex counter, const Call &call, std::int64_t value = 1) {
    into_.add(counter, call.step, call.path, call.site, call.name, value);
  }
  const Call *callOf(std::uint32_t correlation) const {
    const auto found = correlation == 0 ? calls_.end() : calls_.find(correlation);
    return found == calls_.end() ? nullptr : &found->second;
  }
  // Of the call, else by time.
  Call callOr(std::uint32_t correlation, StepCursor &byTime, Nanoseconds start) const {
    const std::uint32_t step = byTime.at(start);
    if (const Call *call = callOf(correlation)) return *call;
    Call call;
    call.step = step;
    return call;
  }
  void countKernels() {
    const auto &rows = facts_.trace->kernels;
    StepCursor byTime(facts_.trace, facts_.steps);
    for (std::size_t i = 0; i < rows.start.size(); ++i)
      add(kKernels, callOr(rows.correlation[i], byTime, rows.start[i]));
  }
  void countCopies() {
    const auto &rows = facts_.trace->memcpys;
    StepCursor byTime(facts_.trace, facts_.steps);
    for (std::size_t i = 0; i < rows.start.size(); ++i) {
      stopPoint(i);
      const Call call = callOr(rows.correlation[i], byTime, rows.start[i]);
      add(kCopies, call);
      const CounterIndex bytes = rows.copyKind[i] == kCopyToDevice ? kHostToDevice
                                 : rows.copyKind[i] == kCopyToHost ? kDeviceToHost
                                                                   : kDeviceToDevice;
      add(bytes, call, static_cast<std::int64_t>(rows.bytes[i]));
    }
  }
  // Waits whose call was not recorded.
  void countSyncs() {
    const auto &rows = facts_.trace->syncs;
    StepCursor byTime(facts_.trace, facts_.steps);
    constexpr std::uint8_t kStreamWaitsForEvent = 2;
    for (std::size_t i = 0; i < rows.start.size(); ++i) {
      stopPoint(i);
      const Call call = callOr(rows.correlation[i], byTime, rows.start[i]);
      if (rows.kind[i] == kStreamWaitsForEvent) continue;
      if (rows.correlation[i] != 0 && !waited_.insert(rows.correlation[i]).second) continue;
      add(kHostSyncs, call);
    }
  }

  const RunFacts &facts_;
  Gatherer &into_;
  bool countCallsAsAllocations_ = false;
  std::unordered_map<std::uint32_t, Call> calls_;
  std::unordered_set<std::uint32_t> waited_; // correlation ids that count as a wait
};

} // namespace

ApiKind apiKindOf(std::string_view name) {
  const auto has = [&](std::string_view part) { return name.find(part) != std::string_view::npos; };
  if (name.starts_with("cudaGraphLaunch") || name.starts_with("cuGraphLaunch"))
    return ApiKind::kGraphLaunch;
  if (has("Synchronize")) return ApiKind::kSync;
  if (has("Memcpy")) {
    if (has("Async")) return ApiKind::kLaunch;
    return ApiKind::kBlockingCopy;
  }
  if (name.starts_with("cudaLaunch") || name.starts_with("cuLaunch") || has("Memset"))
    return ApiKind::kLaunch;
  if (has("Malloc") || has("MemAlloc") || has("Free") || has("HostAlloc"))
    return ApiKind::kAllocator;
  return ApiKind::kOther;
}

ApiPlaces::ApiPlaces(const RunFacts &facts) : facts_(facts) {
  for (const LaneOps &lane : facts.ops.lanes) {
    if (lane.lane.value >= lanes_.size()) lanes_.resize(lane.lane.value + 1);
    lanes_[lane.lane.value].ops = &lane.ops;
  }
}

std::uint32_t ApiPlaces::op(std::size_t api) {
  const ThreadId thread = facts_.trace->apis.lane[api];
  const Nanoseconds now = facts_.trace->apis.start[api];
  if (thread.value >= lanes_.size() || lanes_[thread.value].ops == nullptr) return kNoIndex;
  Lane &lane = lanes_[thread.value];
  const auto &ops = facts_.trace->ops;
  while (lane.next < lane.ops->size() && ops.start[(*lane.ops)[lane.next]] <= now)
    lane.last = (*lane.ops)[lane.next++];
  while (lane.last != kNoIndex && endOf(ops.start[lane.last], ops.duration[lane.last]) < now)
    lane.last = facts_.ops.parent[lane.last];
  return lane.last;
}

SiteIndex ApiPlaces::site(std::size_t api, std::uint32_t op) const {
  const auto &apis = facts_.trace->apis;
  const SiteIndex own = facts_.sites.of(apis.location[api], apis.stack[api]);
  return own != 0 || op == kNoIndex ? own : facts_.ops.site[op];
}

void countProfile(const RunFacts &facts, RunProfile &profile) {
  const TraceView &trace = facts.trace;
  const bool device = trace.hasDeviceRecords();
  Gatherer gatherer(facts);
  if (!trace->ops.start.empty()) {
    countOperators(facts, device, gatherer);
    profile.counted.emplace_back("operators");
  }
  if (!trace->allocations.start.empty()) {
    countAllocations(facts, gatherer);
    profile.counted.insert(profile.counted.end(), {"allocations", "allocated_bytes"});
  }
  if (device) {
    DeviceWork(facts, gatherer).count();
    profile.counted.emplace_back("kernels");
    if (!trace->apis.start.empty())
      profile.counted.insert(profile.counted.end(), {"launches", "graph_launches"});
    if (!trace->apis.start.empty() && !profile.counts("allocations"))
      profile.counted.emplace_back("allocations");
    if (!trace->apis.start.empty() || !trace->syncs.start.empty())
      profile.counted.emplace_back("host_syncs");
    profile.counted.insert(profile.counted.end(),
                           {"copies", "h2d_bytes", "d2h_bytes", "d2d_bytes"});
  } else if (!trace->ops.start.empty()) {
    profile.counted.insert(profile.counted.end(), {"launches", "host_syncs"});
  }
  profile.series = gatherer.take();
  countMemory(facts, device, profile);
  std::ranges::sort(profile.counted);
}

} // namespace hotloop
