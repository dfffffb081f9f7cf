#pragma once

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "core/store/column_scan.h"
#include "gui/data/trace/trace_builder.h"

namespace hotloop::gui {

// Names while they are read: text and kind in one number, so that threads need not share a table of
// them; the ones that occur are ticked off. Threads may use it at once.
class NameKeys {
public:
  explicit NameKeys(std::size_t strings);
  std::uint32_t key(std::int64_t string, EventTable table, Category category) {
    const auto id = string >= 0 && string < strings_ ? static_cast<std::uint32_t>(string) : 0;
    const std::uint32_t key = kind(table, category) * strings_ + id;
    if (seen_[key].load(std::memory_order_relaxed) == 0)
      seen_[key].store(1, std::memory_order_relaxed);
    return key;
  }
  // The names that occur so far, and their index by key.
  void resolve(const std::vector<std::string> &texts, TraceParts &parts) const;

private:
  static constexpr std::uint32_t kKinds = static_cast<std::uint32_t>(Category::kCount) + 1;
  // Categories tell the table, but for calls: those of the table of waits are a kind of their own.
  static std::uint32_t kind(EventTable table, Category category) {
    return table == EventTable::kSync && category == Category::kCall
               ? kKinds - 1
               : static_cast<std::uint32_t>(category);
  }
  std::uint32_t strings_;
  std::vector<std::atomic<std::uint8_t>> seen_;
};

// What became of the rows of an event table that do not fit.
struct ReadCounts {
  std::atomic<std::uint64_t> negative{0};
  std::atomic<std::uint64_t> outside{0}; // of the times that a clock can have
};

// Reads rows [first, last] of an event table. Negative durations become 0, times that no clock
// has the nearest that one can have, and both are counted. Replaces what the chunk holds.
Result<void> readEvents(ColumnScan &scan, EventTable table, std::int64_t first, std::int64_t last,
                        NameKeys &names, ReadCounts &counts, const std::stop_token &stop,
                        RawChunk &chunk);

// Allocated (and reserved) bytes per allocator and device over time.
Result<std::vector<CounterSeries>> readMemory(ColumnScan &scan, const std::stop_token &stop);

// Rows of the step table.
Result<std::vector<TraceStep>> readSteps(ColumnScan &scan);

} // namespace hotloop::gui
