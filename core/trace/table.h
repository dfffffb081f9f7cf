#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/trace/packed_column.h"

// How a table of the run file is described, once, for everybody.
//
// A table is a struct with
//   static constexpr TableInfo kInfo;                     name and meaning
//   template <template <class> class F> struct Fields;    one member per column, of type F<T>
//   template <template <class> class F, class Visit>
//   static void columns(Visit &&visit);                   visit(&Fields<F>::x, ColumnInfo) per
//   column
// With F = Value, Fields is one row; with F = Column, the table's columns in memory. The SQL
// schema, the writer, the loader and docs/trace_format.md are generated from columns(), in its
// order. Integer, double, bool, enum and Id columns are supported (core/store/column_codec.h).
namespace hotloop {

template <class T> using Value = T;
template <class T> using Column = PackedColumn<T>;

enum class Unit : std::uint8_t {
  kNone,        // a flag, a name, a code
  kNanoseconds, // of the run's clock
  kBytes,
  kCount,
  kId, // row id of the table named in ColumnInfo::references
  kHertz,
};

struct ColumnInfo {
  std::string_view name;
  Unit unit = Unit::kNone;
  std::string_view meaning;
  std::string_view references = {}; // table whose id this is, or empty
};

enum class TableKind : std::uint8_t {
  kEvent,  // appended in any order; start, duration, lane, name come first
  kEntity, // has an `id` column as primary key; adding a row with a known id replaces it
  kResult, // written by analyzers, may be rebuilt at any time
};

struct TableInfo {
  std::string_view name;
  TableKind kind = TableKind::kEvent;
  std::string_view meaning;
};

template <class Table> using RowOf = typename Table::template Fields<Value>;
template <class Table> using ColumnsOf = typename Table::template Fields<Column>;

// Rows held by a set of columns (all columns have the same length).
template <class Table> std::size_t rowCount(const ColumnsOf<Table> &columns) {
  std::size_t rows = 0;
  bool first = true;
  Table::template columns<Column>([&](auto member, const ColumnInfo &) {
    if (first) rows = (columns.*member).size();
    first = false;
  });
  return rows;
}

} // namespace hotloop
