#include "tests/unit/gui_data/made_trace.h"

#include <random>
#include <string>

namespace hotloop::gui::test {
namespace {

std::vector<SliceName> names(int count) {
  std::vector<SliceName> list;
  for (int i = 0; i < count; ++i) {
    SliceName name;
    name.text = name.label = "name " + std::to_string(i);
    name.table = EventTable::kOp;
    list.push_back(name);
  }
  return list;
}

TraceParts parts(int count) {
  TraceParts parts;
  parts.names = names(count);
  parts.describe = [](Track &track) {
    track.order = track.entity;
    track.group = "thread " + std::to_string(track.entity);
    track.label = "operators";
  };
  return parts;
}

} // namespace

Trace madeTrace(const MadeTraceOptions &options) {
  std::mt19937_64 random(options.seed);
  const auto below = [&random](std::int64_t n) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
  };
  RawChunk chunk;
  std::uint32_t row = 0;
  for (int lane = 0; lane < options.lanes; ++lane) {
    std::int64_t now = 1'000'000 + below(5'000);
    for (int i = 0; i < options.slices; ++i) {
      RawEvent event;
      event.start = now;
      // Lengths over several orders of magnitude, instants among them.
      event.duration =
          below(20) == 0 ? 0 : below(std::max<std::int64_t>(2, options.longest >> below(12)));
      event.name = static_cast<std::uint32_t>(below(options.names));
      event.row = ++row;
      event.entity = static_cast<std::uint32_t>(lane + 1);
      now += event.duration + (below(3) == 0 ? 0 : below(400));
      if (options.gaps && below(60) == 0) now += below(3'000'000);
      chunk.events.push_back(event);
    }
  }
  std::vector<RawChunk> chunks;
  chunks.push_back(std::move(chunk));
  return buildTrace(chunks, parts(options.names), 2);
}

Trace traceOf(const std::vector<MadeSlice> &slices) {
  RawChunk chunk;
  std::uint32_t most = 0;
  for (const MadeSlice &slice : slices) {
    RawEvent event;
    event.start = slice.start;
    event.duration = slice.duration;
    event.name = slice.name;
    event.row = static_cast<std::uint32_t>(chunk.events.size() + 1);
    event.entity = 1;
    most = std::max(most, slice.name);
    chunk.events.push_back(event);
  }
  std::vector<RawChunk> chunks;
  chunks.push_back(std::move(chunk));
  return buildTrace(chunks, parts(static_cast<int>(most) + 1), 1);
}

} // namespace hotloop::gui::test
