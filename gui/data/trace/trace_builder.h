#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "gui/data/trace/trace.h"

namespace hotloop::gui {

// One event as it is read, before it has a place.
struct RawEvent {
  std::int64_t start = 0;    // on the run's clock
  std::int64_t duration = 0; // not negative
  std::uint32_t name = 0;    // index of Trace::names
  std::uint32_t row = 0;
  std::uint32_t entity = 0;      // thread or stream; the builder puts the depth here
  std::uint32_t correlation = 0; // 0 none
};
// A part of an event table. Kernels, copies and fills share the tracks of streams.
struct RawChunk {
  EventTable table = EventTable::kOp;
  std::vector<RawEvent> events;
};

// Everything else that a trace is made of.
struct TraceParts {
  std::vector<SliceName> names;
  std::vector<CounterSeries> counters; // times on the run's clock
  std::vector<TraceStep> steps;        // same
  std::vector<TraceProblem> problems;
  // Fills group, label and process of a track whose table and entity are set.
  std::function<void(Track &)> describe;
};

// Sorts, finds depths (events that overlap lie below each other), lays out columns, builds the
// pyramids and the flow index, on `threads` threads. Chunks are consumed. At most 2^32 - 2 events.
Trace buildTrace(std::vector<RawChunk> chunks, TraceParts parts, int threads);

// Sorts events by (start, longer first) and gives each a depth, in place of its entity, such that
// events of one depth do not overlap. Events that would lie at `most` or deeper get `most`. For
// tests; buildTrace uses it.
void assignDepths(std::vector<RawEvent> &events, std::uint32_t most);

} // namespace hotloop::gui
