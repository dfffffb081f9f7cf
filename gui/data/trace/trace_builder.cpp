#include "gui/data/trace/trace_builder.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "gui/data/trace/flow_index.h"
#include "gui/data/trace/pyramid.h"

namespace hotloop::gui {
namespace {

constexpr std::uint32_t kMostDepth = 256;

struct TrackEvents {
  Track track;
  std::vector<RawEvent> events;
  std::vector<std::uint32_t> perDepth;
  std::uint64_t hidden = 0;
};

struct Columns {
  std::vector<std::int64_t> start;
  std::vector<std::uint32_t> shortDuration, name, row, flowsByDevice;
  std::vector<Node> nodes;
  std::vector<LongDuration> longDurations;
  std::vector<Flow> flows;
};

// Runs work(i) for i in [0, count) on some threads.
template <class Work> void parallel(std::size_t count, int threads, Work &&work) {
  std::atomic<std::size_t> next{0};
  const auto loop = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::thread> others;
  for (int i = 1; i < threads && static_cast<std::size_t>(i) < count; ++i)
    others.emplace_back(loop);
  loop();
  for (std::thread &thread : others) thread.join();
}

EventTable trackTable(EventTable table) {
  return table == EventTable::kMemcpy || table == EventTable::kMemset ? EventTable::kKernel : table;
}

// Moves every event to the list of its track; chunks are freed one by one.
std::vector<TrackEvents> partition(std::vector<RawChunk> &chunks) {
  std::vector<TrackEvents> tracks;
  std::unordered_map<std::uint64_t, std::uint32_t> known;
  // Calls visit(track, event) for each event of a chunk; neighbours mostly share their track.
  const auto forEach = [&](const RawChunk &chunk, auto &&visit) {
    std::uint32_t track = kNoSlice;
    std::uint32_t entity = 0;
    const EventTable table = trackTable(chunk.table);
    for (const RawEvent &event : chunk.events) {
      if (track == kNoSlice || event.entity != entity) {
        entity = event.entity;
        const std::uint64_t key = static_cast<std::uint64_t>(table) << 32 | entity;
        const auto [found, isNew] =
            known.try_emplace(key, static_cast<std::uint32_t>(tracks.size()));
        track = found->second;
        if (isNew) {
          tracks.emplace_back();
          tracks.back().track.table = table;
          tracks.back().track.entity = entity;
        }
      }
      visit(track, event);
    }
  };
  for (const RawChunk &chunk : chunks) {
    forEach(chunk, [&](std::uint32_t track, const RawEvent &) { ++tracks[track].track.events; });
  }
  for (TrackEvents &each : tracks) each.events.reserve(each.track.events);
  for (RawChunk &chunk : chunks) {
    forEach(chunk, [&](std::uint32_t track, const RawEvent &event) {
      tracks[track].events.push_back(event);
    });
    chunk = RawChunk();
  }
  return tracks;
}

void findDepths(TrackEvents &each) {
  assignDepths(each.events, kMostDepth);
  for (const RawEvent &event : each.events) {
    const std::uint32_t depth = event.entity;
    if (depth >= kMostDepth) {
      ++each.hidden;
      continue;
    }
    if (each.perDepth.size() <= depth) each.perDepth.resize(depth + 1);
    ++each.perDepth[depth];
  }
}

// Writes the events of a track to their lanes.
void writeColumns(const Trace &trace, const TrackEvents &each, Columns &columns,
                  std::vector<std::uint32_t> &correlations, std::vector<LongDuration> &longs) {
  std::vector<std::uint32_t> next(each.perDepth.size());
  for (std::size_t d = 0; d < next.size(); ++d) {
    next[d] = trace.lanes[each.track.firstLane + d].first;
  }
  for (const RawEvent &event : each.events) {
    if (event.entity >= kMostDepth) continue;
    const std::uint32_t slice = next[event.entity]++;
    columns.start[slice] = event.start - trace.origin;
    const bool fits = event.duration < kLongDuration;
    columns.shortDuration[slice] =
        fits ? static_cast<std::uint32_t>(event.duration) : kLongDuration;
    columns.name[slice] = event.name;
    columns.row[slice] = event.row;
    correlations[slice] = event.correlation;
    if (!fits) longs.push_back({slice, 0, event.duration});
  }
}

// Lanes of all tracks; how many slices and nodes they have, how many events have no lane.
struct Extent {
  std::uint32_t slices = 0, nodes = 0;
  std::uint64_t hidden = 0;
};
Extent layOutLanes(std::vector<TrackEvents> &tracks, Trace &trace) {
  Extent extent;
  for (TrackEvents &each : tracks) {
    each.track.firstLane = static_cast<std::uint32_t>(trace.lanes.size());
    each.track.laneCount = static_cast<std::uint32_t>(each.perDepth.size());
    extent.hidden += each.hidden;
    for (std::uint32_t depth = 0; depth < each.perDepth.size(); ++depth) {
      Lane lane;
      lane.track = static_cast<std::uint32_t>(trace.tracks.size());
      lane.depth = depth;
      lane.first = extent.slices;
      lane.count = each.perDepth[depth];
      extent.slices += lane.count;
      extent.nodes += layOutPyramid(lane, extent.nodes);
      trace.lanes.push_back(lane);
    }
    trace.tracks.push_back(each.track);
  }
  return extent;
}

std::int64_t firstTime(const std::vector<TrackEvents> &tracks, const TraceParts &parts) {
  constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  std::int64_t first = kNever;
  for (const TrackEvents &each : tracks) {
    if (!each.events.empty()) first = std::min(first, each.events.front().start);
  }
  for (const CounterSeries &series : parts.counters) {
    if (series.size() > 0) first = std::min(first, series.time(0));
  }
  for (const TraceStep &step : parts.steps) first = std::min(first, step.start);
  return first == kNever ? 0 : first;
}

// Counters and steps, from the origin on; the length of the trace.
void addParts(TraceParts &parts, Trace &trace) {
  std::int64_t last = 1;
  for (const Lane &lane : trace.lanes) {
    if (lane.count > 0) last = std::max(last, trace.end(lane.first + lane.count - 1));
  }
  for (CounterSeries &series : parts.counters) {
    std::vector<std::int64_t> times = series.times();
    for (std::int64_t &time : times) time -= trace.origin;
    if (!times.empty()) last = std::max(last, times.back() + 1);
    trace.counters.emplace_back(series.label(), std::move(times), series.values());
    series = CounterSeries();
  }
  for (TraceStep step : parts.steps) {
    step.start -= trace.origin;
    step.end -= trace.origin;
    last = std::max(last, step.end);
    trace.steps.push_back(step);
  }
  trace.length = last;
  trace.problems = std::move(parts.problems);
}

} // namespace

void assignDepths(std::vector<RawEvent> &events, std::uint32_t most) {
  const auto before = [](const RawEvent &a, const RawEvent &b) {
    return a.start != b.start ? a.start < b.start : a.duration > b.duration;
  };
  // Files written as events end are nearly in order; a run of children precedes its parent.
  if (!std::is_sorted(events.begin(), events.end(), before)) {
    std::stable_sort(events.begin(), events.end(), before);
  }
  std::vector<std::int64_t> ends; // of the last event at each depth
  for (RawEvent &event : events) {
    std::uint32_t depth = 0;
    while (depth < ends.size() && ends[depth] > event.start) ++depth;
    event.entity = std::min(depth, most);
    if (depth >= most) continue;
    if (depth == ends.size()) ends.push_back(0);
    ends[depth] = event.start + event.duration;
  }
}

Trace buildTrace(std::vector<RawChunk> chunks, TraceParts parts, int threads) {
  Trace trace;
  std::vector<TrackEvents> tracks = partition(chunks);
  chunks.clear();
  for (TrackEvents &each : tracks) {
    if (parts.describe) parts.describe(each.track);
  }
  std::stable_sort(tracks.begin(), tracks.end(), [](const TrackEvents &a, const TrackEvents &b) {
    const auto key = [](const Track &t) {
      return std::tie(t.process, t.order, t.group, t.table, t.entity);
    };
    return key(a.track) < key(b.track);
  });
  parallel(tracks.size(), threads, [&](std::size_t i) { findDepths(tracks[i]); });
  trace.origin = firstTime(tracks, parts);
  const Extent extent = layOutLanes(tracks, trace);

  auto columns = std::make_shared<Columns>();
  columns->start.resize(extent.slices);
  columns->shortDuration.resize(extent.slices);
  columns->name.resize(extent.slices);
  columns->row.resize(extent.slices);
  columns->nodes.resize(extent.nodes);
  std::vector<std::uint32_t> correlations(extent.slices);
  std::vector<std::vector<LongDuration>> longs(tracks.size());
  parallel(tracks.size(), threads, [&](std::size_t i) {
    writeColumns(trace, tracks[i], *columns, correlations, longs[i]);
    tracks[i].events = {};
  });
  for (const auto &list : longs) {
    columns->longDurations.insert(columns->longDurations.end(), list.begin(), list.end());
  }
  std::sort(columns->longDurations.begin(), columns->longDurations.end(),
            [](const LongDuration &a, const LongDuration &b) { return a.slice < b.slice; });
  trace.start = columns->start;
  trace.shortDuration = columns->shortDuration;
  trace.name = columns->name;
  trace.row = columns->row;
  trace.longDurations = columns->longDurations;
  trace.names = std::move(parts.names);
  parallel(trace.lanes.size(), threads,
           [&](std::size_t i) { buildPyramid(trace, trace.lanes[i], columns->nodes.data()); });
  trace.nodes = columns->nodes;
  buildFlows(trace, correlations, columns->flows, columns->flowsByDevice);
  trace.flows = columns->flows;
  trace.flowsByDevice = columns->flowsByDevice;
  addParts(parts, trace);
  if (extent.hidden > 0) {
    trace.problems.push_back(
        {"events overlap more than 256 deep and are not drawn", extent.hidden});
  }
  trace.storage = std::move(columns);
  return trace;
}

} // namespace hotloop::gui
