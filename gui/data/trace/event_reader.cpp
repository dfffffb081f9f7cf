#include "gui/data/trace/event_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/symbolize/demangle.h"
#include "gui/data/trace/short_name.h"

namespace hotloop::gui {
namespace {

struct TableColumns {
  EventTable table;
  std::array<std::string_view, 7> names; // rowid is values[0], then these
  std::size_t count;
};
constexpr TableColumns kColumns[] = {
    {EventTable::kStep, {"start", "duration", "lane", "name"}, 4},
    {EventTable::kRange, {"start", "duration", "lane", "name"}, 4},
    {EventTable::kOp, {"start", "duration", "lane", "name", "scope"}, 5},
    {EventTable::kApi, {"start", "duration", "lane", "name", "correlation"}, 5},
    {EventTable::kSync, {"start", "duration", "lane", "name", "kind"}, 5},
    {EventTable::kKernel, {"start", "duration", "lane", "name", "correlation", "graph"}, 6},
    {EventTable::kMemcpy, {"start", "duration", "lane", "name", "correlation"}, 5},
    {EventTable::kMemset, {"start", "duration", "lane", "name", "correlation"}, 5},
};
enum Value { kRow, kStart, kDuration, kLane, kName, kExtra, kGraph };

constexpr std::int64_t kBackwardScope = 1;
constexpr std::int64_t kUserScope = 7;
constexpr std::int64_t kStreamWaitsForEvent = 2; // not a stall of the host

Category category(EventTable table, const std::int64_t *values) {
  switch (table) {
  case EventTable::kStep: return Category::kStep;
  case EventTable::kRange: return Category::kRange;
  case EventTable::kOp:
    if (values[kExtra] == kBackwardScope) return Category::kBackward;
    return values[kExtra] == kUserScope ? Category::kScope : Category::kOperator;
  case EventTable::kApi: return Category::kCall;
  case EventTable::kSync:
    return values[kExtra] == kStreamWaitsForEvent ? Category::kCall : Category::kWait;
  case EventTable::kKernel: return values[kGraph] != 0 ? Category::kGraphKernel : Category::kKernel;
  case EventTable::kMemcpy: return Category::kCopy;
  case EventTable::kMemset: return Category::kFill;
  }
  return Category::kOperator;
}

// Calls of one function are alike, so its name tells.
Category callCategory(const std::string &function) {
  const auto has = [&](std::string_view part) { return function.find(part) != std::string::npos; };
  if (has("Launch")) return Category::kLaunch;
  if (has("Synchronize") || function == "cudaMemcpy") return Category::kWait;
  return Category::kCall;
}

// No clock reaches that far, 73 years from its zero in ns; sums and differences of such times fit.
constexpr std::int64_t kFarthest = std::int64_t{1} << 61;
std::int64_t nearTime(std::int64_t t) { return std::clamp(t, -kFarthest, kFarthest); }

std::uint32_t small(std::int64_t value) {
  return value < 0 || value > kNoSlice ? 0 : static_cast<std::uint32_t>(value);
}

} // namespace

Result<void> readEvents(ColumnScan &scan, EventTable table, std::int64_t first, std::int64_t last,
                        NameKeys &names, ReadCounts &counts, const std::stop_token &stop,
                        RawChunk &chunk) {
  const TableColumns &columns = kColumns[static_cast<int>(table)];
  const bool correlated = table == EventTable::kApi || table >= EventTable::kKernel;
  chunk.table = table;
  chunk.events.clear();
  std::uint64_t negative = 0;
  std::uint64_t outside = 0;
  HOTLOOP_TRY(scan.read(eventTableName(table), std::span(columns.names).first(columns.count), first,
                        last, [&](const std::int64_t *values) {
                          RawEvent event;
                          event.start = nearTime(values[kStart]);
                          event.duration = std::min(values[kDuration], kFarthest);
                          if (event.start != values[kStart] ||
                              event.duration != values[kDuration]) {
                            ++outside;
                          }
                          if (event.duration < 0) {
                            event.duration = 0;
                            ++negative;
                          }
                          event.row = small(values[kRow]);
                          event.entity = small(values[kLane]);
                          event.name = names.key(values[kName], table, category(table, values));
                          if (correlated) event.correlation = small(values[kExtra]);
                          chunk.events.push_back(event);
                          return (chunk.events.size() & 0x3FFF) != 0 || !stop.stop_requested();
                        }));
  counts.negative += negative;
  counts.outside += outside;
  return {};
}

NameKeys::NameKeys(std::size_t strings)
    : strings_(static_cast<std::uint32_t>(std::min<std::size_t>(strings, kNoSlice / kKinds))),
      seen_(std::size_t{kKinds} * strings_) {}

void NameKeys::resolve(const std::vector<std::string> &texts, TraceParts &parts) const {
  constexpr EventTable kTables[kKinds] = {
      EventTable::kOp,     EventTable::kOp,     EventTable::kOp,     EventTable::kRange,
      EventTable::kStep,   EventTable::kApi,    EventTable::kApi,    EventTable::kSync,
      EventTable::kKernel, EventTable::kKernel, EventTable::kMemcpy, EventTable::kMemset,
      EventTable::kSync};
  parts.names.clear();
  parts.nameOf.assign(seen_.size(), 0);
  for (std::uint32_t key = 0; key < seen_.size(); ++key) {
    if (seen_[key].load(std::memory_order_relaxed) == 0) continue;
    const std::uint32_t kind = key / strings_;
    const std::string &text = texts[key % strings_];
    SliceName name;
    name.table = kTables[kind];
    name.category = kind == kKinds - 1 ? Category::kCall : static_cast<Category>(kind);
    name.text = name.table == EventTable::kKernel ? demangle(text.c_str()) : text;
    if (name.table == EventTable::kApi) name.category = callCategory(text);
    if (name.text.empty()) name.text = "(no name)";
    name.label = shortName(name.text);
    parts.nameOf[key] = static_cast<std::uint32_t>(parts.names.size());
    parts.names.push_back(std::move(name));
  }
}

Result<std::vector<CounterSeries>> readMemory(ColumnScan &scan, const std::stop_token &stop) {
  struct Point {
    std::int64_t time, allocated, reserved;
  };
  struct Series {
    std::vector<Point> points;
    std::int64_t live = 0;
    bool reserved = false;
  };
  std::map<std::pair<std::int64_t, std::int64_t>, Series> bySource;
  std::pair<std::int64_t, std::int64_t> lastSource;
  Series *current = nullptr; // of lastSource: rows of one allocator follow one another
  constexpr std::array<std::string_view, 7> kNames = {
      "start", "action", "allocator", "device", "bytes", "total_allocated", "total_reserved"};
  HOTLOOP_ASSIGN(const std::int64_t last, scan.lastRow("allocation"));
  std::uint64_t rows = 0;
  HOTLOOP_TRY(scan.read("allocation", kNames, 1, last, [&](const std::int64_t *values) {
    const std::int64_t action = values[2];
    const std::pair source(values[3], values[4]);
    if (current == nullptr || source != lastSource) {
      lastSource = source;
      current = &bySource[source];
    }
    Series &series = *current;
    const std::int64_t bytes = std::clamp<std::int64_t>(values[5], 0, kFarthest);
    if (action == 1) series.live = std::min(kFarthest, series.live + bytes);
    if (action == 2) series.live = std::max<std::int64_t>(0, series.live - bytes);
    const std::int64_t allocated = values[6] >= 0 ? values[6] : series.live;
    if (action <= 4) {
      series.points.push_back({nearTime(values[1]), allocated, values[7]});
      series.reserved = series.reserved || values[7] >= 0;
    }
    return (++rows & 0x3FFF) != 0 || !stop.stop_requested();
  }));
  std::vector<CounterSeries> all;
  for (auto &[source, series] : bySource) {
    constexpr std::string_view kAllocators[] = {
        "memory", "CPU", "GPU", "cudaMalloc", "pinned", "stream ordered", "virtual", "managed"};
    const auto allocator = source.first >= 0 && source.first < 8 ? source.first : 0;
    std::string label(kAllocators[allocator]);
    if (source.second > 0) label += " " + std::to_string(source.second - 1);
    const auto earlier = [](const Point &a, const Point &b) { return a.time < b.time; };
    if (!std::is_sorted(series.points.begin(), series.points.end(), earlier))
      std::stable_sort(series.points.begin(), series.points.end(), earlier);
    std::vector<std::int64_t> times;
    std::vector<std::int64_t> allocated;
    std::vector<std::int64_t> reserved;
    times.reserve(series.points.size());
    allocated.reserve(series.points.size());
    if (series.reserved) reserved.reserve(series.points.size());
    for (const Point &point : series.points) {
      times.push_back(point.time);
      allocated.push_back(point.allocated);
      if (series.reserved) reserved.push_back(std::max<std::int64_t>(0, point.reserved));
    }
    series.points = {};
    // Allocators that reserve nothing say 0 all along.
    const bool any = std::any_of(reserved.begin(), reserved.end(), [](auto b) { return b > 0; });
    if (any) all.emplace_back(label + " reserved", times, std::move(reserved));
    all.emplace_back(label + " allocated", std::move(times), std::move(allocated));
  }
  return all;
}

Result<std::vector<TraceStep>> readSteps(ColumnScan &scan) {
  constexpr std::array<std::string_view, 4> kNames = {"start", "duration", "number", "steady"};
  HOTLOOP_ASSIGN(const std::int64_t last, scan.lastRow("step"));
  std::vector<TraceStep> steps;
  HOTLOOP_TRY(scan.read("step", kNames, 1, last, [&](const std::int64_t *values) {
    const std::int64_t start = nearTime(values[1]);
    const std::int64_t length = std::clamp<std::int64_t>(values[2], 0, kFarthest);
    steps.push_back({start, start + length, values[3], values[4] != 0});
    return true;
  }));
  std::stable_sort(steps.begin(), steps.end(),
                   [](const TraceStep &a, const TraceStep &b) { return a.start < b.start; });
  return steps;
}

} // namespace hotloop::gui
