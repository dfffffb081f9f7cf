#pragma once

#include <array>
#include <cstddef>

#include "core/trace/table.h"

namespace hotloop {

// Columns of `Table`, nothing counted by hand.
template <class Table> constexpr std::size_t columnCount() {
  std::size_t count = 0;
  Table::template columns<Value>([&](auto, const ColumnInfo &) { ++count; });
  return count;
}

namespace detail {

// Addresses of the columns in visiting order; the row's visit knows their element types.
template <class Table, class Columns> auto columnAddresses(Columns &columns) {
  std::array<void *, columnCount<Table>()> addresses{};
  std::size_t i = 0;
  Table::template columns<Column>([&](auto member, const ColumnInfo &) {
    addresses[i++] = const_cast<void *>(static_cast<const void *>(&(columns.*member)));
  });
  return addresses;
}

} // namespace detail

// Adds one row to columns in memory.
template <class Table> void appendRow(ColumnsOf<Table> &columns, const RowOf<Table> &row) {
  const auto addresses = detail::columnAddresses<Table>(columns);
  std::size_t i = 0;
  Table::template columns<Value>([&](auto member, const ColumnInfo &) {
    using Cell = std::decay_t<decltype(row.*member)>;
    static_cast<Column<Cell> *>(addresses[i++])->push_back(row.*member);
  });
}

// Row `index` of columns in memory, which must be below rowCount().
template <class Table> RowOf<Table> rowAt(const ColumnsOf<Table> &columns, std::size_t index) {
  const auto addresses = detail::columnAddresses<Table>(columns);
  RowOf<Table> row;
  std::size_t i = 0;
  Table::template columns<Value>([&](auto member, const ColumnInfo &) {
    using Cell = std::decay_t<decltype(row.*member)>;
    row.*member = (*static_cast<const Column<Cell> *>(addresses[i++]))[index];
  });
  return row;
}

} // namespace hotloop
