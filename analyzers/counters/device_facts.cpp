#include "analyzers/counters/device_facts.h"

#include <algorithm>
#include <numeric>
#include <tuple>
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
  explicit CallTable(const std::vector<std::uint32_t> &ids) {
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
    facts_.op.assign(count, kNoIndex);
    facts_.step.assign(count, kNoIndex);
    facts_.previous.assign(count, kNoIndex);
    facts_.next.assign(count, kNoIndex);
    std::vector<std::uint32_t> lastOfLane(trace_->threads.id.size() + 1, kNoIndex);
    facts_.site.resize(count);
    facts_.path.resize(count);
    facts_.firstWork.resize(count + 1);
    facts_.waited = facts_.idle = RareTimes(count);
    std::vector<std::uint8_t> kindOfName(trace_->strings.size(), 0xFF);
    StepCursor stepOf(trace_, steps_);
    OpenOps openOps(trace_, ops);
    RangeCursor ranges(trace_, paths);
    callOf_ = CallTable(apis.correlation);
    for (std::uint32_t i = 0; i < count; ++i) {
      stopPoint(i);
      if (!ours(processOf(trace_, apis.lane[i]))) continue;
      std::uint8_t &kind = kindOfName[apis.name[i].value];
      if (kind == 0xFF) kind = static_cast<std::uint8_t>(callKind(trace_.text(apis.name[i])));
      const Nanoseconds now = apis.start[i];
      facts_.step[i] = stepOf.at(apis.lane[i], now);
      const std::uint32_t op = openOps.at(apis.lane[i], now);
      // Steps and other scopes of the program are no operators.
      facts_.op[i] =
          findEnclosing(ops, op, [&](std::uint32_t up) { return ops.isOperator[up] != 0; });
      ranges.advance(now);
      const PathIndex open = ranges.at(apis.lane[i], now);
      facts_.path[i] = op == kNoIndex ? open : ops.path[op];
      const SiteIndex own = sites.of(apis.location[i], apis.stack[i]);
      facts_.site[i] = own != 0 ? own : op == kNoIndex ? 0 : ops.site[op];
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

  void gatherWork() {
    facts_.work.reserve(trace_->kernels.start.size() + trace_->memcpys.start.size() +
                        trace_->memsets.start.size());
    add(trace_->kernels, ItemKind::kKernel);
    add(trace_->memcpys, ItemKind::kCopy);
    add(trace_->memsets, ItemKind::kFill);
    std::sort(facts_.work.begin(), facts_.work.end(),
              stoppable([](const DeviceItem &a, const DeviceItem &b) {
                return std::tuple(a.start, a.kind, a.row) < std::tuple(b.start, b.kind, b.row);
              }));
    StepCursor stepOf(trace_, steps_);
    for (DeviceItem &work : facts_.work) {
      const std::uint32_t here = stepOf.at(work.start);
      work.step = work.call != kNoIndex ? facts_.step[work.call] : here;
      if (work.call != kNoIndex) ++facts_.firstWork[work.call + 1];
      if (facts_.busy.empty() || work.start > facts_.busy.back().end)
        facts_.busy.push_back({work.start, work.end});
      else
        facts_.busy.back().end = std::max(facts_.busy.back().end, work.end);
    }
    facts_.busy.shrink_to_fit();
    std::partial_sum(facts_.firstWork.begin(), facts_.firstWork.end(), facts_.firstWork.begin());
    facts_.started.resize(facts_.firstWork.back());
    std::vector<std::uint32_t> fill = facts_.firstWork;
    for (std::uint32_t w = 0; w < facts_.work.size(); ++w)
      if (facts_.work[w].call != kNoIndex) facts_.started[fill[facts_.work[w].call]++] = w;
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
        const DeviceItem &work = facts_.work[facts_.started[facts_.firstWork[i] + k]];
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
  bool ours(ProcessId process) const {
    return !steps_.process || !process || process == steps_.process;
  }

  template <class Columns> void add(const Columns &rows, ItemKind kind) {
    const auto &process = trace_->streams.process;
    for (std::uint32_t i = 0; i < rows.start.size(); ++i) {
      stopPoint(i);
      const std::uint32_t stream = rows.lane[i].value;
      if (stream != 0 && stream <= process.size() && !ours(process[stream - 1])) continue;
      DeviceItem &work = facts_.work.emplace_back();
      work.start = rows.start[i];
      work.end = endOf(rows.start[i], rows.duration[i]);
      work.stream = rows.lane[i];
      work.kind = kind;
      work.row = i;
      work.call = callOf_.find(rows.correlation[i]);
    }
  }

  const TraceView &trace_;
  const Steps &steps_;
  DeviceFacts &facts_;
  CallTable callOf_;
};

} // namespace

std::int64_t DeviceFacts::busyWithin(Nanoseconds start, Nanoseconds end) const {
  std::int64_t sum = 0;
  auto it = std::ranges::upper_bound(busy, start, {}, &Busy::end);
  for (; it != busy.end() && it->start < end; ++it)
    sum += (std::min(it->end, end) - std::max(it->start, start)).count;
  return sum;
}

std::int64_t DeviceFacts::idleFrom(Nanoseconds moment) const {
  const auto later = std::ranges::upper_bound(busy, moment, {}, &Busy::end);
  return later == busy.end() || later->start <= moment ? 0 : (later->start - moment).count;
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
