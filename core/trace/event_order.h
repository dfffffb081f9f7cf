#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/base/stop.h"
#include "core/base/time.h"
#include "core/trace/table.h"

namespace hotloop {

// Brings rows into the given order: row i becomes what row order[i] was. `order` may name fewer
// rows.
template <class Table>
void reorder(ColumnsOf<Table> &columns, const std::vector<std::uint32_t> &order) {
  Table::template columns<Column>([&](auto member, const ColumnInfo &) {
    stopPoint();
    auto &column = columns.*member;
    std::remove_reference_t<decltype(column)> sorted;
    sorted.reserve(order.size());
    for (const std::uint32_t row : order) sorted.push_back(column[row]);
    column = std::move(sorted);
  });
}

// Times that a run can have, ns: from before any boot to the year 2043, and events of up to 104
// days. Within them no sum or twice a distance leaves 64 bits.
inline constexpr Nanoseconds kEarliestTime{-(std::int64_t{1} << 60)};
inline constexpr Nanoseconds kLatestTime{std::int64_t{1} << 61};
inline constexpr Nanoseconds kLongestTime{std::int64_t{1} << 53};

struct MendedTimes {
  std::int64_t negative = 0;   // durations, now 0
  std::int64_t impossible = 0; // durations, now 0, and points in time, now the nearest possible
};

// Gives all times of a table values that can be reckoned with. Comes before eventOrder().
template <class Table> MendedTimes mendTimes(ColumnsOf<Table> &columns) {
  MendedTimes mended;
  Table::template columns<Column>([&](auto member, const ColumnInfo &) {
    auto &column = columns.*member;
    if constexpr (std::is_same_v<std::decay_t<decltype(column)>, Column<Nanoseconds>>) {
      bool isDuration = false;
      if constexpr (requires { columns.duration; }) isDuration = &column == &columns.duration;
      column.change([&](Nanoseconds &time, std::size_t) {
        const Nanoseconds given = time;
        if (!isDuration) {
          time = std::clamp(time, kEarliestTime, kLatestTime);
        } else if (time < Nanoseconds()) {
          time = Nanoseconds();
          ++mended.negative;
          return;
        } else if (time > kLongestTime) {
          time = Nanoseconds();
        }
        if (time != given) ++mended.impossible;
      });
    }
  });
  return mended;
}

namespace detail {

struct EventKey {
  std::int64_t start = 0;
  std::int64_t duration = 0;
  std::uint32_t depth = 0;
  std::uint32_t row = 0;

  bool operator<(const EventKey &other) const {
    if (start != other.start) return start < other.start;
    if (duration != other.duration) return duration > other.duration;
    if (depth != other.depth) return depth < other.depth;
    return row < other.row;
  }
};

template <class Table> EventKey eventKey(const ColumnsOf<Table> &columns, std::uint32_t row) {
  EventKey key;
  key.row = row;
  if constexpr (requires { columns.monotonic; }) {
    key.start = columns.monotonic[row].count;
  } else {
    key.start = columns.start[row].count;
    key.duration = columns.duration[row].count;
  }
  if constexpr (requires { columns.depth; }) key.depth = columns.depth[row];
  return key;
}

} // namespace detail

// The order (start, longer first, shallower first, arrival) of the rows of an event table, as a
// permutation for reorder(); empty when they are in that order already.
template <class Table> std::vector<std::uint32_t> eventOrder(const ColumnsOf<Table> &columns) {
  const auto rows = static_cast<std::uint32_t>(rowCount<Table>(columns));
  bool sorted = true;
  for (std::uint32_t i = 1; i < rows && sorted; ++i)
    sorted = detail::eventKey<Table>(columns, i - 1) < detail::eventKey<Table>(columns, i);
  if (sorted) return {};

  std::vector<detail::EventKey> keys;
  keys.reserve(rows);
  for (std::uint32_t i = 0; i < rows; ++i) keys.push_back(detail::eventKey<Table>(columns, i));
  std::sort(keys.begin(), keys.end(), stoppable(std::less<>()));
  std::vector<std::uint32_t> order;
  order.reserve(rows);
  for (const detail::EventKey &key : keys) order.push_back(key.row);
  return order;
}

} // namespace hotloop
