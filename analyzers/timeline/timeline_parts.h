#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "analyzers/timeline/api_kinds.h"
#include "analyzers/timeline/timeline.h"

// The stages of buildTimeline(), in order. Each fills its part of a Timeline.
namespace hotloop::timeline {

// A stretch of the run that anchors are taken from: between two borders of steps.
struct Window {
  std::int64_t start = 0;
  std::int64_t end = 0;
};

struct BuildState {
  const TraceView &trace;
  const Steps &steps;
  const TimelineOptions &options;
  ApiKinds kinds;
  std::vector<std::int64_t> borders;      // of steps.all: starts, and the end of the last
  std::vector<std::uint32_t> chosen;      // steps of the template
  std::vector<Window> windows;            // rising, apart from each other
  std::vector<std::uint16_t> threadIndex; // by thread id; 0xFFFF not seen
  std::vector<std::uint16_t> streamIndex; // by stream id
  // Per anchor, while it is built.
  std::vector<ApiKind> apiKind;
  std::vector<std::uint32_t> correlation;
  std::unordered_map<std::uint32_t, std::uint32_t> anchorOf; // correlation -> anchor
  Timeline &result;

  bool inProcess(ThreadId thread) const;
  std::uint16_t thread(ThreadId id);
  std::uint16_t stream(StreamId id);
};

inline constexpr std::uint16_t kNoThread = 0xFFFF;

// Borders on the host's clock, the steps of the template, the windows.
void chooseWindows(BuildState &state);
// Calls of the windows and borders, sorted; device work by correlation; threads and streams.
void collectAnchors(BuildState &state);
// Records of every thread in the windows with their places; who alternates with whom.
void collectRecords(BuildState &state);
// predecessor and records of every anchor.
void linkHost(BuildState &state);
// What waiting calls wait for, events, waits between streams, collectives of several devices.
void linkDevice(BuildState &state);
// Launches that took as long as they did because the device was far behind.
void markHeldLaunches(Timeline &timeline);
// Sentences about what does not fit.
void findDoubts(BuildState &state);

} // namespace hotloop::timeline
