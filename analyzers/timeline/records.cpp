#include <algorithm>
#include <tuple>

#include "analyzers/steps/lanes.h"
#include "analyzers/timeline/timeline_parts.h"
#include "core/base/stop.h"

namespace hotloop::timeline {

namespace {

// Threads whose records overlap by no more than this share of the less busy one run in turns, like
// the threads of forward and backward: one hands the work to the other.
constexpr double kOverlapOfTurns = 0.05;
// A thread that waits for another one is silent for about as long as that one works. Threads whose
// work fills less than this of the pauses that it lies in run beside each other, even where they
// never met: a data loader, say.
constexpr double kFillOfPauses = 0.4;

template <class Columns, class Use>
void forEachInWindows(const BuildState &state, const Columns &rows, Use &&use) {
  for (const Window &window : state.windows) {
    auto row = static_cast<std::uint32_t>(
        std::lower_bound(rows.start.begin(), rows.start.end(), Nanoseconds(window.start)) -
        rows.start.begin());
    for (; row < rows.start.size() && rows.start[row].count < window.end; ++row) use(row);
  }
}

void sortRecords(ThreadRecords &records) {
  std::vector<std::uint32_t> order(records.start.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::tuple(records.start[a], -records.end[a], records.row[a]) <
           std::tuple(records.start[b], -records.end[b], records.row[b]);
  });
  const auto apply = [&](auto &column) {
    std::remove_reference_t<decltype(column)> sorted;
    sorted.reserve(column.size());
    for (const std::uint32_t row : order) sorted.push_back(column[row]);
    column = std::move(sorted);
  };
  apply(records.start);
  apply(records.end);
  apply(records.location);
  apply(records.row);
}

// Parents by containment; a record without a place of its own has that of the one around it.
void nest(ThreadRecords &records, bool &locations) {
  std::vector<std::uint32_t> open;
  records.parent.resize(records.start.size(), kNoIndex);
  for (std::uint32_t i = 0; i < records.start.size(); ++i) {
    stopPoint(i);
    while (!open.empty() && records.end[open.back()] <= records.start[i]) open.pop_back();
    if (!open.empty()) records.parent[i] = open.back();
    if (records.location[i])
      locations = true;
    else if (!open.empty())
      records.location[i] = records.location[open.back()];
    open.push_back(i);
  }
}

// Calls of Python functions on one thread, by start, outer first.
struct PythonCalls {
  std::vector<std::int64_t> start, end;
  std::vector<FrameId> location; // none for library and built-in functions
};

void placeInCalls(ThreadRecords &records, const PythonCalls &calls) {
  if (calls.start.empty()) return;
  records.function.resize(records.start.size());
  records.callStart.resize(records.start.size());
  records.callEnd.resize(records.start.size());
  std::vector<std::size_t> open;
  std::size_t next = 0;
  for (std::size_t i = 0; i < records.start.size(); ++i) {
    stopPoint(i);
    for (; next < calls.start.size() && calls.start[next] <= records.start[i]; ++next) {
      stopPoint(next);
      while (!open.empty() && calls.end[open.back()] <= calls.start[next]) open.pop_back();
      open.push_back(next);
    }
    while (!open.empty() && calls.end[open.back()] <= records.start[i]) open.pop_back();
    std::size_t user = open.size();
    while (user > 0 && !calls.location[open[user - 1]]) --user;
    if (user == 0) continue;
    records.function[i] = calls.location[open[user - 1]];
    if (user == open.size()) continue;
    records.callStart[i] = calls.start[open[user]];
    records.callEnd[i] = calls.end[open[user]];
  }
}

struct Stretch {
  std::int64_t start = 0;
  std::int64_t end = 0;
};

std::vector<Stretch> busyStretches(const ThreadRecords &records) {
  std::vector<Stretch> busy;
  for (std::size_t i = 0; i < records.start.size(); ++i) {
    stopPoint(i);
    if (!busy.empty() && records.start[i] <= busy.back().end)
      busy.back().end = std::max(busy.back().end, records.end[i]);
    else
      busy.push_back({records.start[i], records.end[i]});
  }
  return busy;
}

std::int64_t length(const std::vector<Stretch> &stretches) {
  std::int64_t sum = 0;
  for (const Stretch &stretch : stretches) sum += stretch.end - stretch.start;
  return sum;
}

std::int64_t overlap(const std::vector<Stretch> &a, const std::vector<Stretch> &b) {
  std::int64_t sum = 0;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    sum +=
        std::max<std::int64_t>(0, std::min(a[i].end, b[j].end) - std::max(a[i].start, b[j].start));
    if (a[i].end < b[j].end)
      ++i;
    else
      ++j;
  }
  return sum;
}

// How much of the pauses of `a` that hold records of `b` is filled by them, from first to last.
double fillOfPauses(const std::vector<Stretch> &a, const std::vector<Stretch> &b) {
  std::int64_t pauses = 0;
  std::int64_t filled = 0;
  std::size_t j = 0;
  for (std::size_t i = 0; i + 1 < a.size(); ++i) {
    const Stretch pause{a[i].end, a[i + 1].start};
    while (j < b.size() && b[j].start < pause.start) ++j;
    if (j == b.size() || b[j].start >= pause.end) continue;
    const std::int64_t first = b[j].start;
    while (j + 1 < b.size() && b[j + 1].start < pause.end) ++j;
    pauses += pause.end - pause.start;
    filled += std::min(pause.end, b[j].end) - first;
  }
  return pauses == 0 ? 0 : static_cast<double>(filled) / static_cast<double>(pauses);
}

// Do its records say that a thread works for another one, as those of autograd do?
bool worksForAnother(const BuildState &state, const ThreadRecords &records) {
  return std::any_of(records.row.begin(), records.row.end(), [&](std::uint32_t row) {
    return (row & kApiBit) == 0 && state.trace->ops.scope[row] == OpScope::kBackwardFunction;
  });
}

} // namespace

void collectRecords(BuildState &state) {
  Timeline &result = state.result;
  // A thread without anchors has no part in the replay, and its records none in any gap.
  const auto known = [&](ThreadId lane) {
    return lane.value < state.threadIndex.size() ? state.threadIndex[lane.value] : kNoThread;
  };
  const auto add = [&](std::uint16_t thread, Nanoseconds start, Nanoseconds duration,
                       FrameId location, std::uint32_t row) {
    ThreadRecords &records = result.threads[thread];
    records.start.push_back(start.count);
    records.end.push_back(endOf(start, duration).count);
    records.location.push_back(location);
    records.row.push_back(row);
  };
  std::vector<PythonCalls> calls(result.threads.size());
  const auto &ops = state.trace->ops;
  forEachInWindows(state, ops, [&](std::uint32_t row) {
    const std::uint16_t thread = known(ops.lane[row]);
    if (thread == kNoThread || ops.scope[row] == OpScope::kUserScope) return;
    if (ops.scope[row] == OpScope::kOther) {
      calls[thread].start.push_back(ops.start[row].count);
      calls[thread].end.push_back(endOf(ops.start[row], ops.duration[row]).count);
      calls[thread].location.push_back(ops.location[row]);
      return;
    }
    add(thread, ops.start[row], ops.duration[row], ops.location[row], row);
  });
  const auto &apis = state.trace->apis;
  forEachInWindows(state, apis, [&](std::uint32_t row) {
    const std::uint16_t thread = known(apis.lane[row]);
    if (thread == kNoThread) return;
    add(thread, apis.start[row], apis.duration[row], apis.location[row], row | kApiBit);
  });
  std::vector<std::vector<Stretch>> busy;
  std::vector<std::uint8_t> called; // by thread: works for another one
  for (std::size_t t = 0; t < result.threads.size(); ++t) {
    ThreadRecords &records = result.threads[t];
    sortRecords(records);
    nest(records, result.locations);
    placeInCalls(records, calls[t]);
    if (!records.function.empty()) result.locations = true;
    busy.push_back(busyStretches(records));
    called.push_back(worksForAnother(state, records));
  }
  const std::size_t threads = result.threads.size();
  // Borders of steps that were found on the device have a thread of their own, without records: it
  // takes turns with all.
  result.alternates.assign(threads, std::vector<std::uint8_t>(threads, 0));
  for (std::size_t a = 0; a < threads; ++a) {
    result.alternates[a][a] = 1;
    for (std::size_t b = 0; b < a; ++b) {
      const double both = static_cast<double>(overlap(busy[a], busy[b]));
      const auto less = static_cast<double>(std::min(length(busy[a]), length(busy[b])));
      const bool turns = both <= kOverlapOfTurns * less &&
                         (called[a] != 0 || called[b] != 0 || busy[a].empty() || busy[b].empty() ||
                          std::min(fillOfPauses(busy[a], busy[b]),
                                   fillOfPauses(busy[b], busy[a])) >= kFillOfPauses);
      result.alternates[a][b] = result.alternates[b][a] = turns;
    }
  }
}

} // namespace hotloop::timeline
