#include "gui/pages/timeline/timeline_layout.h"

#include <algorithm>
#include <cctype>

namespace hotloop::gui {
namespace {

constexpr int kTrackGap = 4;

bool holds(const std::string &text, const std::string &part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) ==
                  std::tolower(static_cast<unsigned char>(b));
         }) != text.end();
}

} // namespace

TimelineLayout::TimelineLayout(const Trace &trace, const std::set<std::string> &folded,
                               const std::set<std::string> &pinned, const std::string &filter) {
  const auto add = [this](RowKind kind, std::uint32_t index, int height) -> TimelineRow & {
    rows_.push_back({kind, index, height_, height, false});
    height_ += height;
    return rows_.back();
  };
  const auto addGroups = [&](bool onlyPinned) {
    for (std::size_t first = 0; first < trace.tracks.size();) {
      const std::string &group = trace.tracks[first].group;
      std::size_t end = first;
      while (end < trace.tracks.size() && trace.tracks[end].group == group &&
             trace.tracks[end].process == trace.tracks[first].process) {
        ++end;
      }
      const bool wholeGroup = filter.empty() || holds(group, filter);
      const bool any =
          wholeGroup || std::any_of(trace.tracks.begin() + static_cast<long>(first),
                                    trace.tracks.begin() + static_cast<long>(end),
                                    [&](const Track &track) { return holds(track.label, filter); });
      if (any && pinned.contains(group) == onlyPinned) {
        add(RowKind::kGroup, static_cast<std::uint32_t>(first), kGroupHeight);
        if (trace.tracks[first].table >= EventTable::kKernel)
          add(RowKind::kBusy, static_cast<std::uint32_t>(first), kBusyHeight);
        for (std::size_t t = first; t < end && !folded.contains(group); ++t) {
          const Track &track = trace.tracks[t];
          if (!wholeGroup && !holds(track.label, filter)) continue;
          height_ += t > first ? kTrackGap : 0;
          for (std::uint32_t lane = 0; lane < track.laneCount; ++lane)
            add(RowKind::kLane, track.firstLane + lane, kLaneHeight).firstOfTrack = lane == 0;
        }
        height_ += kTrackGap;
      }
      first = end;
    }
  };
  addGroups(true);
  addGroups(false);
  for (std::size_t i = 0; i < trace.counters.size(); ++i) {
    if (filter.empty() || holds(trace.counters[i].label(), filter)) {
      add(RowKind::kCounter, static_cast<std::uint32_t>(i), kCounterHeight);
      height_ += kTrackGap;
    }
  }
  rowOfLane_.assign(trace.lanes.size(), -1);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i].kind == RowKind::kLane) rowOfLane_[rows_[i].index] = static_cast<int>(i);
  }
}

std::size_t TimelineLayout::firstVisible(int y) const {
  const auto found = std::partition_point(
      rows_.begin(), rows_.end(), [y](const TimelineRow &row) { return row.y + row.height <= y; });
  return static_cast<std::size_t>(found - rows_.begin());
}

int TimelineLayout::rowAt(int y) const {
  const std::size_t i = firstVisible(y);
  return i < rows_.size() && rows_[i].y <= y ? static_cast<int>(i) : -1;
}

int TimelineLayout::rowOfLane(std::uint32_t lane) const {
  return lane < rowOfLane_.size() ? rowOfLane_[lane] : -1;
}

} // namespace hotloop::gui
