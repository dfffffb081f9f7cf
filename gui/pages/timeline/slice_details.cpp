#include "gui/pages/timeline/slice_details.h"

#include <fmt/format.h>

#include "core/report/number_format.h"

namespace hotloop::gui {
namespace {

std::string time(std::int64_t ns) { return formatDuration(Nanoseconds(ns)); }

} // namespace

std::string sliceSummary(const Trace &trace, std::uint32_t slice) {
  const SliceName &name = trace.nameOf(slice);
  return fmt::format("{}\n{}, {}", name.text.substr(0, 300), categoryName(name.category),
                     time(trace.duration(slice)));
}

std::vector<std::pair<std::string, std::string>> sliceDetails(const Trace &trace,
                                                              std::uint32_t slice) {
  const SliceName &name = trace.nameOf(slice);
  const Lane &lane = trace.lanes[trace.laneOf(slice)];
  const Track &track = trace.tracks[lane.track];
  std::vector<std::pair<std::string, std::string>> rows{
      {"name", name.text},
      {"kind", categoryName(name.category)},
      {"duration", time(trace.duration(slice))},
      {"start", fmt::format("{:.6f} ms", static_cast<double>(trace.start[slice]) * 1e-6)},
      {"on", track.group + ", " + track.label},
      {"row", fmt::format("{} {}", eventTableName(name.table), trace.row[slice])}};
  for (const TraceStep &step : trace.steps) {
    if (step.start <= trace.start[slice] && trace.start[slice] < step.end) {
      rows.emplace_back("step", std::to_string(step.number));
      break;
    }
  }
  // What lies below it on its own track has taken its time away.
  std::int64_t below = 0;
  if (lane.depth + 1 < track.laneCount) {
    below = trace.busy(trace.lanes[track.firstLane + lane.depth + 1], trace.start[slice],
                       trace.end(slice));
  }
  if (below > 0) rows.emplace_back("self", time(trace.duration(slice) - below));
  const auto devices = trace.launched(slice);
  if (!devices.empty()) {
    rows.emplace_back("launched", trace.nameOf(devices.front()).label);
    rows.emplace_back("started after", time(trace.start[devices.front()] - trace.start[slice]));
  }
  if (const std::uint32_t host = trace.launcher(slice); host != kNoSlice) {
    rows.emplace_back("launched by", trace.nameOf(host).label);
    rows.emplace_back("waited in queue", time(trace.start[slice] - trace.start[host]));
  }
  return rows;
}

std::string areaTable(const Trace &trace, const AreaStats &stats, std::int64_t t0, std::int64_t t1,
                      std::size_t mostRows) {
  std::string out = "name\tkind\tcount\ttime\tshare\tleast\tmean\tgreatest\n";
  const auto span = static_cast<double>(std::max<std::int64_t>(1, t1 - t0));
  std::size_t rows = 0;
  for (const NameStats &row : stats.names) {
    if (rows++ == mostRows) {
      out += fmt::format("and {} more names; copies have all of them\n",
                         stats.names.size() - mostRows);
      break;
    }
    const SliceName &name = trace.names[row.name];
    // Slices that began earlier have time here, but no length of their own.
    const auto length = [&](std::int64_t ns) { return row.count > 0 ? time(ns) : std::string(); };
    const std::int64_t mean =
        row.total / std::max<std::int64_t>(1, static_cast<std::int64_t>(row.count));
    out += fmt::format("{}\t{}\t{}\t{}\t{:.1f} %\t{}\t{}\t{}\n", name.label,
                       categoryName(name.category), row.count, time(row.total),
                       100.0 * static_cast<double>(row.total) / span, length(row.least),
                       length(mean), length(row.greatest));
  }
  return out;
}

} // namespace hotloop::gui
