#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/store/column_scan.h"
#include "gui/data/trace/trace_builder.h"

namespace hotloop::gui {

// Names while they are read: text and category in one number, so that threads need not share a
// table.
class NameKeys {
public:
  explicit NameKeys(std::uint32_t strings) : strings_(strings) {}
  std::uint32_t key(std::int64_t string, Category category) const {
    const auto id = string >= 0 && string < strings_ ? static_cast<std::uint32_t>(string) : 0;
    return static_cast<std::uint32_t>(category) * strings_ + id;
  }
  std::uint32_t strings() const { return strings_; }

private:
  std::uint32_t strings_;
};

// What became of the rows of an event table that do not fit.
struct ReadCounts {
  std::atomic<std::uint64_t> negative{0};
  std::atomic<std::uint64_t> outside{0}; // of the times that a clock can have
};

// Reads rows [first, last] of an event table. Negative durations become 0, times that no clock
// has the nearest that one can have, and both are counted.
Result<void> readEvents(ColumnScan &scan, EventTable table, std::int64_t first, std::int64_t last,
                        const NameKeys &names, ReadCounts &counts, const std::atomic<bool> *cancel,
                        RawChunk &chunk);

// Allocated (and reserved) bytes per allocator and device over time.
Result<std::vector<CounterSeries>> readMemory(ColumnScan &scan, const std::atomic<bool> *cancel);

// Rows of the step table.
Result<std::vector<TraceStep>> readSteps(ColumnScan &scan);

// Turns the keys of all chunks into indices of the names that occur.
std::vector<SliceName> resolveNames(std::vector<RawChunk> &chunks, const NameKeys &keys,
                                    const std::vector<std::string> &texts);

} // namespace hotloop::gui
