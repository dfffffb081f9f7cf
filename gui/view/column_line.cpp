#include "gui/view/column_line.h"

#include <algorithm>
#include <cmath>

namespace hotloop::gui {

std::size_t drawColumns(std::span<const CounterSeries::Column> columns, const ColumnPlace &place,
                        DrawLayer &layer) {
  const auto y = [&](std::int64_t value) {
    const double share = static_cast<double>(value) / std::max(1e-9, place.greatest);
    return std::round(place.bottom -
                      static_cast<float>(std::clamp(share, 0.0, 1.0)) * place.height);
  };
  std::size_t first = columns.size();
  // Neighbours that look alike are one rectangle.
  float runTop = 0;
  float runLow = 0;
  std::size_t runFrom = 0;
  const auto flush = [&](std::size_t end) {
    if (runFrom >= end) return;
    const float x = place.x + static_cast<float>(runFrom);
    const auto w = static_cast<float>(end - runFrom);
    if (place.bottom > runTop)
      layer.rects.push_back({x, runTop, w, place.bottom - runTop, place.area});
    layer.rects.push_back({x, runTop, w, std::max(1.0f, runLow - runTop), place.line});
  };
  float before = -1; // where the column to the left ended
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const CounterSeries::Column &column = columns[i];
    if (!column.known) {
      flush(i);
      runFrom = i + 1;
      before = -1;
      continue;
    }
    first = std::min(first, i);
    float top = y(column.greatest);
    float low = y(column.least);
    if (before >= 0) { // what leads here from there
      top = std::min(top, before);
      low = std::max(low, before);
    }
    before = y(column.last);
    if (i == runFrom || top != runTop || low != runLow) {
      flush(i);
      runFrom = i;
      runTop = top;
      runLow = low;
    }
  }
  flush(columns.size());
  return first;
}

} // namespace hotloop::gui
