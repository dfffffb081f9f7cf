#include "analyzers/counters/device_facts.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <span>
#include <unordered_map>

#include "analyzers/counters/open_ops.h"
#include "analyzers/counters/range_cursor.h"
#include "analyzers/counters/step_cursor.h"
#include "analyzers/steps/lanes.h"
#include "core/base/stop.h"

namespace hotloop {

namespace {

// A call that returns later than this after the work it could have waited for did not wait for it
// (a block of the host's own; advisors: evidence-based blocking test), ns.
constexpr std::int64_t kLatestReturn = 200'000;
// Clocks of host and device agree to about this, ns.
constexpr std::int64_t kClockSlack = 5'000;

// Correlation id -> row of apis. Ids are handed out one after the other, so that a table is smaller
// than a map; damaged ones get a map.
class CallTable {
public:
  CallTable() = default;
  explicit CallTable(const Column<std::uint32_t> &ids) {
    const std::uint32_t largest = ids.empty() ? 0 : *std::ranges::max_element(ids);
    if (largest < kSparse * (ids.size() + 1)) rows_.assign(std::size_t{largest} + 1, kNoIndex);
  }
  bool add(std::uint32_t id, std::uint32_t row) { // false: it has one
    if (id >= rows_.size()) return others_.try_emplace(id, row).second;
    if (rows_[id] != kNoIndex) return false;
    rows_[id] = row;
    return true;
  }
  std::uint32_t find(std::uint32_t id) const {
    if (id < rows_.size()) return rows_[id];
    const auto found = others_.find(id);
    return found == others_.end() ? kNoIndex : found->second;
  }

private:
  static constexpr std::size_t kSparse = 8;
  std::vector<std::uint32_t> rows_;
  std::unordered_map<std::uint32_t, std::uint32_t> others_;
};

class Builder {
public:
  Builder(const TraceView &trace, const Steps &steps, DeviceFacts &facts)
      : trace_(trace), steps_(steps), facts_(facts) {}

  void describeCalls(const SiteTable &sites, const OpFacts &ops, RangePaths &paths) {
    const auto &apis = trace_->apis;
    const std::size_t count = apis.start.size();
    facts_.kind.assign(count, CallKind::kOther);
    facts_.previous.assign(count, kNoIndex);
    facts_.next.assign(count, kNoIndex);
    std::vector<std::uint32_t> lastOfLane(trace_->threads.id.size() + 1, kNoIndex);
    facts_.firstWork.resize(count + 1);
    facts_.waited = facts_.idle = RareTimes(count);
    std::vector<std::uint8_t> kindOfName(trace_->strings.size(), 0xFF);
    StepCursor stepOf(trace_, steps_);
    OpenOps openOps(trace_, ops);
    RangeCursor ranges(trace_, paths);
    callOf_ = CallTable(apis.correlation);
    for (std::uint32_t i = 0; i < count; ++i) {
      stopPoint(i);
      if (!ours(processOf(trace_, apis.lane[i]))) {
        place(kNoIndex, kNoIndex, 0, 0);
        continue;
      }
      std::uint8_t &kind = kindOfName[apis.name[i].value];
      if (kind == 0xFF) kind = static_cast<std::uint8_t>(callKind(trace_.text(apis.name[i])));
      const Nanoseconds now = apis.start[i];
      const std::uint32_t op = openOps.at(apis.lane[i], now);
      ranges.advance(now);
      const PathIndex open = ranges.at(apis.lane[i], now);
      const SiteIndex own = sites.of(apis.location[i], apis.stack[i]);
      const SiteIndex around = op == kNoIndex ? 0 : ops.site[op];
      // Steps and other scopes of the program are no operators.
      place(findEnclosing(ops, op, [&](std::uint32_t up) { return ops.isOperator[up] != 0; }),
            stepOf.at(apis.lane[i], now), own != 0 ? own : around,
            op == kNoIndex ? open : ops.path[op]);
      const std::uint32_t id = apis.correlation[i];
      // The later row of a correlation id is the driver call inside of the runtime call.
      if (id != 0 && !callOf_.add(id, i)) continue;
      facts_.kind[i] = static_cast<CallKind>(kind);
      const std::uint32_t lane = apis.lane[i].value;
      if (facts_.kind[i] == CallKind::kOther || lane >= lastOfLane.size()) continue;
      facts_.previous[i] = lastOfLane[lane];
      if (lastOfLane[lane] != kNoIndex) facts_.next[lastOfLane[lane]] = i;
      lastOfLane[lane] = i;
    }
  }

  // Merges the tables, which are by start.
  void gatherWork() {
    facts_.work.reserve(trace_->kernels.start.size() + trace_->memcpys.start.size() +
                        trace_->memsets.start.size());
    Source sources[] = {sourceOf(trace_->kernels, ItemKind::kKernel),
                        sourceOf(trace_->memcpys, ItemKind::kCopy),
                        sourceOf(trace_->memsets, ItemKind::kFill)};
    StepCursor stepOf(trace_, steps_);
    DeviceFacts::Busy busy;
    for (Source *next = earliest(sources); next != nullptr; next = earliest(sources)) {
      stopPoint(facts_.work.size());
      DeviceItem work = next->read(next->row++);
      const std::uint32_t stream = work.stream.value;
      const auto &process = trace_->streams.process;
      if (stream != 0 && stream <= process.size() && !ours(process[stream - 1])) continue;
      const std::uint32_t here = stepOf.at(work.start);
      work.step = work.call != kNoIndex ? facts_.step[work.call] : here;
      if (work.call != kNoIndex) ++facts_.firstWork[work.call + 1];
      if (facts_.work.empty() || work.start > busy.end) {
        if (!facts_.work.empty()) addBusy(busy);
        busy = {work.start, work.end};
      }
      busy.end = std::max(busy.end, work.end);
      facts_.work.push_back(work);
    }
    if (!facts_.work.empty()) addBusy(busy);
    std::partial_sum(facts_.firstWork.begin(), facts_.firstWork.end(), facts_.firstWork.begin());
    facts_.started.resize(facts_.firstWork.back());
    std::vector<std::uint32_t> fill = facts_.firstWork;
    for (std::uint32_t w = 0; w < facts_.work.size(); ++w)
      if (const std::uint32_t call = facts_.work[w].call; call != kNoIndex)
        facts_.started[fill[call]++] = w;
  }

  // What each call waited for: the last end of work that was started before it, on its stream where
  // the synchronisation record names one.
  void findWaits() {
    std::unordered_map<std::uint32_t, StreamId> streamOf;
    const auto &syncs = trace_->syncs;
    for (std::size_t i = 0; i < syncs.start.size(); ++i)
      if (syncs.kind[i] == 3 && syncs.stream[i]) streamOf[syncs.correlation[i]] = syncs.stream[i];
    const auto &apis = trace_->apis;
    std::vector<Nanoseconds> lastOf(trace_->streams.id.size() + 1);
    Nanoseconds last{-1};
    for (std::uint32_t i = 0; i < facts_.calls(); ++i) {
      stopPoint(i);
      Nanoseconds own{-1};
      for (std::uint32_t k = 0; k < facts_.workCount(i); ++k) {
        const DeviceItem work = facts_.work[facts_.started[facts_.firstWork[i] + k]];
        own = std::max(own, work.end);
        last = std::max(last, work.end);
        if (work.stream.value < lastOf.size())
          lastOf[work.stream.value] = std::max(lastOf[work.stream.value], work.end);
      }
      if (facts_.kind[i] == CallKind::kOther || facts_.kind[i] == CallKind::kLaunch) continue;
      Nanoseconds target = facts_.kind[i] == CallKind::kCopy ? own : last;
      if (facts_.kind[i] == CallKind::kStreamSync)
        if (const auto stream = streamOf.find(apis.correlation[i]);
            stream != streamOf.end() && stream->second.value < lastOf.size())
          target = lastOf[stream->second.value];
      const Nanoseconds end = endOf(apis.start[i], apis.duration[i]);
      if (target <= apis.start[i] || target > end + Nanoseconds(kClockSlack) ||
          end - target > Nanoseconds(kLatestReturn))
        continue;
      facts_.waited.add(i, (std::min(target, end) - apis.start[i]).count);
      facts_.idle.add(i, facts_.idleFrom(target));
    }
  }

private:
  // Of the next call.
  void place(std::uint32_t op, std::uint32_t step, SiteIndex site, PathIndex path) {
    facts_.op.push_back(op);
    facts_.step.push_back(step);
    facts_.site.push_back(site);
    facts_.path.push_back(path);
  }

  bool ours(ProcessId process) const {
    return !steps_.process || !process || process == steps_.process;
  }

  // A table of device work, read from its first row on.
  struct Source {
    const Column<Nanoseconds> &start;
    std::function<DeviceItem(std::uint32_t)> read;
    std::uint32_t row = 0;
  };
  template <class Columns> Source sourceOf(const Columns &rows, ItemKind kind) const {
    return {rows.start, [this, &rows, kind](std::uint32_t row) {
              return DeviceItem{rows.start[row],
                                endOf(rows.start[row], rows.duration[row]),
                                rows.lane[row],
                                kind,
                                row,
                                callOf_.find(rows.correlation[row]),
                                kNoIndex};
            }};
  }
  // Of sources that begin at once, the first; null: all are read.
  static Source *earliest(std::span<Source> sources) {
    Source *first = nullptr;
    for (Source &source : sources)
      if (source.row < source.start.size() &&
          (first == nullptr || source.start[source.row] < first->start[first->row]))
        first = &source;
    return first;
  }
  void addBusy(const DeviceFacts::Busy &busy) {
    facts_.busyStart.push_back(busy.start);
    facts_.busyEnd.push_back(busy.end);
  }

  const TraceView &trace_;
  const Steps &steps_;
  DeviceFacts &facts_;
  CallTable callOf_;
};

std::size_t firstEndingAfter(const PackedColumn<Nanoseconds> &ends, Nanoseconds moment) {
  return static_cast<std::size_t>(std::ranges::upper_bound(ends, moment) - ends.begin());
}

} // namespace

void DeviceItems::reserve(std::size_t rows) {
  for (auto *times : {&start_, &duration_}) times->reserve(rows);
  stream_.reserve(rows);
  kind_.reserve(rows);
  for (auto *numbers : {&row_, &call_, &step_}) numbers->reserve(rows);
}

void DeviceItems::push_back(const DeviceItem &item) {
  start_.push_back(item.start);
  duration_.push_back(item.duration());
  stream_.push_back(item.stream);
  kind_.push_back(item.kind);
  row_.push_back(item.row);
  call_.push_back(item.call);
  step_.push_back(item.step);
}

std::int64_t DeviceFacts::busyWithin(Nanoseconds start, Nanoseconds end) const {
  std::int64_t sum = 0;
  std::size_t i = firstEndingAfter(busyEnd, start);
  for (; i < busyEnd.size() && busyStart[i] < end; ++i)
    sum += (std::min(busyEnd[i], end) - std::max(busyStart[i], start)).count;
  return sum;
}

std::int64_t DeviceFacts::idleFrom(Nanoseconds moment) const {
  const std::size_t i = firstEndingAfter(busyEnd, moment);
  return i == busyEnd.size() || busyStart[i] <= moment ? 0 : (busyStart[i] - moment).count;
}

DeviceFacts computeDeviceFacts(const TraceView &trace, const Steps &steps, const SiteTable &sites,
                               const OpFacts &ops, RangePaths &paths) {
  DeviceFacts facts;
  Builder builder(trace, steps, facts);
  builder.describeCalls(sites, ops, paths);
  builder.gatherWork();
  builder.findWaits();
  return facts;
}

} // namespace hotloop
