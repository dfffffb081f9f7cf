#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/report/finding.h"
#include "core/trace/trace_view.h"

namespace hotloop::gui {

// Who holds memory, and who takes it.
struct MemorySite {
  std::string site; // "train.py:12 loss", or the function, or "unknown site"
  Site place;
  std::int64_t atPeak = 0; // bytes alive when most were
  std::uint64_t blocksAtPeak = 0;
  std::int64_t allocated = 0; // bytes over the whole run
  std::uint64_t allocations = 0;
};

struct MemoryModel {
  std::int64_t peakTime = 0;     // run clock
  std::int64_t peakBytes = 0;    // sum of the live blocks that the run saw being taken
  std::string allocator;         // whose peak it is
  std::vector<MemorySite> sites; // most at the peak first, then most allocated
};

// Follows every block of the allocator that held most from allocation to free.
MemoryModel buildMemoryModel(const TraceView &trace);

} // namespace hotloop::gui
