#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "gui/data/trace/event_pieces.h"
#include "gui/data/trace/trace.h"

namespace hotloop::gui {

// Everything else that a trace is made of.
struct TraceParts {
  std::vector<SliceName> names;
  std::vector<std::uint32_t> nameOf;   // index of names by RawEvent::name; empty: that is the index
  std::vector<CounterSeries> counters; // times on the run's clock
  std::vector<TraceStep> steps;        // same
  std::vector<TraceProblem> problems;
  // Fills group, label and process of a track whose table and entity are set.
  std::function<void(Track &)> describe;
};

// Finds depths (events that overlap lie below each other), lays out columns, builds the pyramids
// and the flow index, on `threads` threads. Depths are written to the pieces. At most 2^32 - 2
// events.
Trace buildTrace(const std::vector<EventPiece> &pieces, TraceParts parts, int threads);
// The same from events in any order.
Trace buildTrace(const std::vector<RawChunk> &chunks, TraceParts parts, int threads);

} // namespace hotloop::gui
