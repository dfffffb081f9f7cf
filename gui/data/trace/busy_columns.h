#pragma once

#include <cstdint>
#include <span>

#include "gui/data/trace/trace.h"

namespace hotloop::gui {

// A stretch of time cut into columns: column i begins at t0 + span * i / columns.
struct TimeColumns {
  std::int64_t t0 = 0, span = 1; // ns; span >= columns
  int columns = 1;
  // span * column / columns, which any span keeps within 64 bits.
  std::int64_t begin(int column) const {
    return t0 + span / columns * column + span % columns * column / columns;
  }
};

// Nanoseconds that slices of `lane` cover in each of the first `out.size()` columns, exactly, added
// to `out`. Takes the cheaper of looking at each slice and of going down the pyramid per column.
void addBusyColumns(const Trace &trace, const Lane &lane, const TimeColumns &columns,
                    std::span<std::int64_t> out);

} // namespace hotloop::gui
