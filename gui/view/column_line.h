#pragma once

#include <span>

#include "gui/data/trace/counter_series.h"
#include "gui/view/draw_list.h"

namespace hotloop::gui {

// Where a value over time is drawn: column i at x + i, values from 0 to `greatest` from `bottom` up
// by `height`.
struct ColumnPlace {
  float x = 0, bottom = 0, height = 0;
  double greatest = 1;
  Rgb line = 0;
  Rgb area = 0; // below the line, with its share in the alpha bits
};

// Draws the columns of a series as rectangles: what a path of thousands of points costs in
// anti-aliasing is more than a frame has. Returns the index of the first column that is known, or
// the number of columns.
std::size_t drawColumns(std::span<const CounterSeries::Column> columns, const ColumnPlace &place,
                        DrawLayer &layer);

} // namespace hotloop::gui
