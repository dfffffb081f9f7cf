#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "gui/data/trace/trace.h"

namespace hotloop::gui {

enum class RowKind : std::uint8_t { kGroup, kLane, kBusy, kCounter };

struct TimelineRow {
  RowKind kind = RowKind::kLane;
  std::uint32_t index = 0; // lane, counter; first track of a group
  int y = 0, height = 0;
  bool firstOfTrack = false;
};

// What lies below what: groups (threads, devices) with their tracks' lanes, then counters. Folded
// groups keep their header.
class TimelineLayout {
public:
  TimelineLayout() = default;
  // `folded` and `pinned` hold names of groups; pinned ones come first. `filter` keeps groups and
  // tracks whose name holds it (case aside); empty keeps all.
  TimelineLayout(const Trace &trace, const std::set<std::string> &folded,
                 const std::set<std::string> &pinned, const std::string &filter);

  const std::vector<TimelineRow> &rows() const { return rows_; }
  int height() const { return height_; }
  // Index of the row at y (from the top of the first row); -1 outside.
  int rowAt(int y) const;
  // Index of the first row that ends below y.
  std::size_t firstVisible(int y) const;
  // Row of a lane; -1 when its group is folded.
  int rowOfLane(std::uint32_t lane) const;

private:
  std::vector<TimelineRow> rows_;
  std::vector<int> rowOfLane_; // -1 where none
  int height_ = 0;
};

inline constexpr int kLaneHeight = 18;
inline constexpr int kGroupHeight = 22;
inline constexpr int kBusyHeight = 26;
inline constexpr int kCounterHeight = 46;

} // namespace hotloop::gui
