#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "gui/data/trace/counter_series.h"

// A run as the timeline needs it: lanes of slices that do not overlap, as columns, with a pyramid
// over each for drawing at any zoom. No Qt, no SQLite; immutable once made, read by many threads.
namespace hotloop::gui {

enum class Category : std::uint8_t {
  kOperator,
  kBackward,
  kScope, // user scopes of LibTorch
  kRange, // NVTX
  kStep,
  kCall,   // CUDA calls
  kLaunch, // CUDA calls that start work of the device
  kWait,   // the host waits for the device
  kKernel,
  kGraphKernel, // in a captured graph
  kCopy,
  kFill,
  kCount
};
const char *categoryName(Category category); // "kernel"

// The event table of the run file that a slice comes from.
// Tracks of a thread are drawn in this order.
enum class EventTable : std::uint8_t { kStep, kRange, kOp, kApi, kSync, kKernel, kMemcpy, kMemset };
inline constexpr int kEventTables = 8;
const char *eventTableName(EventTable table); // "op"
// Which table a track goes by: everything that a stream did is on one.
constexpr EventTable trackTable(EventTable table) {
  return table == EventTable::kMemcpy || table == EventTable::kMemset ? EventTable::kKernel : table;
}

// What slices are called; slices of one name share its category.
struct SliceName {
  std::string text;  // readable: demangled, may be long
  std::string label; // short, for drawing
  Category category = Category::kOperator;
  EventTable table = EventTable::kOp;
};

// A thread's or stream's events of one kind, drawn one below the other in lanes by depth.
struct Track {
  EventTable table = EventTable::kStep; // kKernel: everything a stream did
  std::uint32_t entity = 0;             // id of the thread or stream; 0 unknown
  std::uint32_t process = 0;
  std::uint32_t order = 0; // of its group in the process
  std::uint32_t firstLane = 0, laneCount = 0;
  std::uint64_t events = 0;
  std::string group; // "python3 4242 · main", "GPU 0": tracks of one group follow one another
  std::string label; // "operators", "stream 7"
};

inline constexpr std::size_t kMostLevels = 10;

struct Lane {
  std::uint32_t track = 0;
  std::uint32_t depth = 0;
  std::uint32_t first = 0, count = 0; // slices [first, first + count) of the columns
  std::uint32_t levels = 0;
  std::uint32_t levelFirst[kMostLevels] = {}; // index into nodes of each level
  std::uint32_t levelCount[kMostLevels] = {};
};

// 16 slices on level 0, 8 nodes of the level below on the others.
struct Node {
  std::int64_t start = 0; // of its first slice
  std::uint64_t busy = 0; // sum of durations
  std::uint32_t name = 0; // of its longest slice, an index of Trace::names
  std::uint32_t longestDuration = 0;
};
inline constexpr std::uint32_t kLeafFan = 16;
inline constexpr std::uint32_t kNodeFan = 8;

inline constexpr std::uint32_t kLongDuration = 0xFFFFFFFFu; // see Trace::longDurations
inline constexpr std::uint32_t kNoSlice = 0xFFFFFFFFu;

struct LongDuration {
  std::uint32_t slice = 0;
  std::uint32_t unused = 0;
  std::int64_t duration = 0;
};

// A call of the host and the device work that it started.
struct Flow {
  std::uint32_t host = 0, device = 0; // slices
};

struct TraceStep {
  std::int64_t start = 0, end = 0; // since the origin
  std::int64_t number = 0;
  bool steady = false;
};

// What was wrong with the file, for the user.
struct TraceProblem {
  std::string sentence;
  std::uint64_t count = 0;
};

struct Trace {
  std::int64_t origin = 0; // run clock of time 0 here; every other time counts from it
  std::int64_t length = 0; // of the whole trace, ns, at least 1
  std::vector<Track> tracks;
  std::vector<Lane> lanes;
  std::vector<SliceName> names;

  // Columns; slices of a lane are neighbours, by start.
  std::span<const std::int64_t> start;
  std::span<const std::uint32_t> shortDuration; // kLongDuration: look it up
  std::span<const std::uint32_t> name;
  std::span<const std::uint32_t> row; // rowid in the event table
  std::span<const Node> nodes;
  std::span<const LongDuration> longDurations;  // by slice
  std::span<const Flow> flows;                  // by host slice
  std::span<const std::uint32_t> flowsByDevice; // indices into flows, by device slice
  std::shared_ptr<const void> storage;          // owns what the spans show

  std::vector<CounterSeries> counters;
  std::vector<TraceStep> steps;
  std::vector<TraceProblem> problems;
  bool complete = true; // false: a first look while the rest is read

  std::size_t size() const { return start.size(); }
  std::int64_t duration(std::uint32_t slice) const {
    const std::uint32_t d = shortDuration[slice];
    return d != kLongDuration ? d : longDuration(slice);
  }
  std::int64_t end(std::uint32_t slice) const { return start[slice] + duration(slice); }
  std::uint32_t laneOf(std::uint32_t slice) const;
  const SliceName &nameOf(std::uint32_t slice) const { return names[name[slice]]; }

  // First slice of `lane` with start >= t, in [first, first + count].
  std::uint32_t lowerBound(const Lane &lane, std::int64_t t) const;
  // The slice of the lane that covers t, else kNoSlice.
  std::uint32_t at(const Lane &lane, std::int64_t t) const;
  // Nanoseconds that slices of the lane cover in [t0, t1): exact.
  std::int64_t busy(const Lane &lane, std::int64_t t0, std::int64_t t1) const;
  // The same from the beginning of time: differences of neighbours cost half of busy().
  std::int64_t busyBefore(const Lane &lane, std::int64_t t) const;
  // Device work started by a host slice, or the host slice that started it; empty when none.
  std::vector<std::uint32_t> launched(std::uint32_t host) const;
  std::uint32_t launcher(std::uint32_t device) const;
  // Slice of a row of a table; kNoSlice when it is not drawn. Looks at all: milliseconds.
  std::uint32_t find(EventTable table, std::uint32_t rowid) const;

private:
  std::int64_t longDuration(std::uint32_t slice) const;
};
using TracePtr = std::shared_ptr<const Trace>;

} // namespace hotloop::gui
