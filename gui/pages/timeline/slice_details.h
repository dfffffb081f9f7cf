#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gui/data/trace/area_stats.h"
#include "gui/data/trace/trace.h"

namespace hotloop::gui {

// "aten::mm\noperator, 12.4 us": for a tooltip and for screen readers.
std::string sliceSummary(const Trace &trace, std::uint32_t slice);

// Everything the timeline knows of a slice, as pairs of label and value.
std::vector<std::pair<std::string, std::string>> sliceDetails(const Trace &trace,
                                                              std::uint32_t slice);

// What a selection of [t0, t1) holds, as lines of a table separated by tabs: name, kind, count,
// time, share, least, mean, greatest.
std::string areaTable(const Trace &trace, const AreaStats &stats, std::int64_t t0, std::int64_t t1,
                      std::size_t mostRows);

} // namespace hotloop::gui
