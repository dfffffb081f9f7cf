#include "gui/data/trace/trace_builder.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <numeric>
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
  std::vector<std::span<RawEvent>> pieces;
  std::vector<std::uint32_t> perDepth;
  std::uint64_t hidden = 0;
};

struct Columns {
  BigArray<std::int64_t> start;
  BigArray<std::uint32_t> shortDuration, name, row;
  BigArray<Node> nodes;
  std::vector<LongDuration> longDurations;
  FlowIndex flows;
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

std::vector<TrackEvents> tracksOf(const std::vector<EventPiece> &pieces) {
  std::vector<TrackEvents> tracks;
  std::unordered_map<std::uint64_t, std::size_t> known;
  for (const EventPiece &piece : pieces) {
    const std::uint64_t key = static_cast<std::uint64_t>(piece.table) << 32 | piece.entity;
    const auto [found, isNew] = known.try_emplace(key, tracks.size());
    if (isNew) {
      tracks.emplace_back();
      tracks.back().track.table = piece.table;
      tracks.back().track.entity = piece.entity;
    }
    TrackEvents &track = tracks[found->second];
    track.pieces.push_back(piece.events);
    track.track.events += piece.events.size();
  }
  return tracks;
}

// Gives each event a depth, in place of its entity, such that events of one depth do not overlap.
void findDepths(TrackEvents &each) {
  std::vector<std::int64_t> ends; // of the last event at each depth
  visitInOrder(each.pieces, [&](RawEvent &event) {
    std::uint32_t depth = 0;
    while (depth < ends.size() && ends[depth] > event.start) ++depth;
    event.entity = depth;
    if (depth >= kMostDepth) {
      ++each.hidden;
      return;
    }
    if (depth == ends.size()) {
      ends.push_back(0);
      each.perDepth.push_back(0);
    }
    ends[depth] = event.start + event.duration;
    ++each.perDepth[depth];
  });
}

// Writes the events of a track to their lanes.
void writeColumns(const Trace &trace, const TrackEvents &each,
                  const std::vector<std::uint32_t> &nameOf, Columns &columns,
                  BigArray<std::uint32_t> &correlations, std::vector<LongDuration> &longs) {
  std::vector<std::uint32_t> next(each.perDepth.size());
  for (std::size_t d = 0; d < next.size(); ++d) {
    next[d] = trace.lanes[each.track.firstLane + d].first;
  }
  visitInOrder(each.pieces, [&](const RawEvent &event) {
    if (event.entity >= kMostDepth) return;
    const std::uint32_t slice = next[event.entity]++;
    columns.start[slice] = event.start - trace.origin;
    const bool fits = event.duration < kLongDuration;
    columns.shortDuration[slice] =
        fits ? static_cast<std::uint32_t>(event.duration) : kLongDuration;
    columns.name[slice] = nameOf.empty() ? event.name : nameOf[event.name];
    columns.row[slice] = event.row;
    correlations[slice] = event.correlation;
    if (!fits) longs.push_back({slice, 0, event.duration});
  });
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
    for (const std::span<RawEvent> piece : each.pieces)
      first = std::min(first, piece.front().start);
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

Trace buildTrace(const std::vector<EventPiece> &pieces, TraceParts parts, int threads) {
  Trace trace;
  std::vector<TrackEvents> tracks = tracksOf(pieces);
  for (TrackEvents &each : tracks) {
    if (parts.describe) parts.describe(each.track);
  }
  std::stable_sort(tracks.begin(), tracks.end(), [](const TrackEvents &a, const TrackEvents &b) {
    const auto key = [](const Track &t) {
      return std::tie(t.process, t.order, t.group, t.table, t.entity);
    };
    return key(a.track) < key(b.track);
  });
  // The largest first, so that no thread begins it when the others are done.
  std::vector<std::size_t> order(tracks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&tracks](std::size_t a, std::size_t b) {
    return tracks[a].track.events > tracks[b].track.events;
  });
  parallel(order.size(), threads, [&](std::size_t i) { findDepths(tracks[order[i]]); });
  trace.origin = firstTime(tracks, parts);
  const Extent extent = layOutLanes(tracks, trace);

  auto columns = std::make_shared<Columns>();
  columns->start = BigArray<std::int64_t>(extent.slices);
  columns->shortDuration = BigArray<std::uint32_t>(extent.slices);
  columns->name = BigArray<std::uint32_t>(extent.slices);
  columns->row = BigArray<std::uint32_t>(extent.slices);
  columns->nodes = BigArray<Node>(extent.nodes);
  BigArray<std::uint32_t> correlations(extent.slices);
  std::vector<std::vector<LongDuration>> longs(tracks.size());
  parallel(order.size(), threads, [&](std::size_t i) {
    writeColumns(trace, tracks[order[i]], parts.nameOf, *columns, correlations, longs[order[i]]);
  });
  for (const auto &list : longs) {
    columns->longDurations.insert(columns->longDurations.end(), list.begin(), list.end());
  }
  std::sort(columns->longDurations.begin(), columns->longDurations.end(),
            [](const LongDuration &a, const LongDuration &b) { return a.slice < b.slice; });
  trace.start = columns->start.values();
  trace.shortDuration = columns->shortDuration.values();
  trace.name = columns->name.values();
  trace.row = columns->row.values();
  trace.longDurations = columns->longDurations;
  trace.names = std::move(parts.names);
  // Flows are one piece of work, the pyramid of each lane another.
  parallel(trace.lanes.size() + 1, threads, [&](std::size_t i) {
    if (i == 0)
      columns->flows = buildFlows(trace, correlations.values());
    else
      buildPyramid(trace, trace.lanes[i - 1], columns->nodes.data());
  });
  trace.nodes = columns->nodes.values();
  trace.flows = columns->flows.byHost.values();
  trace.flowsByDevice = columns->flows.byDevice.values();
  addParts(parts, trace);
  if (extent.hidden > 0) {
    trace.problems.push_back(
        {"events overlap more than 256 deep and are not drawn", extent.hidden});
  }
  trace.storage = std::move(columns);
  return trace;
}

Trace buildTrace(const std::vector<RawChunk> &chunks, TraceParts parts, int threads) {
  EventArena arena;
  std::vector<EventPiece> pieces;
  for (const RawChunk &chunk : chunks) addPieces(chunk, arena, pieces);
  return buildTrace(pieces, std::move(parts), threads);
}

} // namespace hotloop::gui
