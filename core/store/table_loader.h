#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/store/column_codec.h"
#include "core/store/record_scan.h"
#include "core/store/schema.h"
#include "core/store/sqlite_handle.h"

namespace hotloop {

// What is common to the loading of all tables of one file.
struct LoadContext {
  sqlite3 *connection = nullptr;
  std::string path;
  std::stop_token stop = {};
  bool onlyReads = false;           // the connection has nothing to write
  std::uint64_t fileBytes = 0;      // bounds what may be reserved for a claimed number of rows
  std::vector<StringId> poolIds;    // id in the file -> id in the pool
  std::int64_t badValues = 0;       // numbers that did not fit their column
  std::int64_t danglingStrings = 0; // string ids that the file does not hold

  StringId poolId(StringId stored) {
    if (stored.value < poolIds.size()) return poolIds[stored.value];
    ++danglingStrings;
    return {};
  }
};

// The one word for a reader that gave up because it was asked to.
Error readingStopped(const std::string &path);

// Rows to expect in a table, from its largest rowid: exact for tables that are only added to.
Result<std::uint64_t> expectedRows(const LoadContext &context, const TableSql &table);

// Rows of the table in order of rowid, as RecordScan reads them; where it does not know further,
// the first rowid that is left for SQLite, else nothing.
using RecordVisit = std::function<void(const RecordScan::Kind *kinds, const std::int64_t *values)>;
Result<std::optional<std::int64_t>> scanRecords(const LoadContext &context, const TableSql &table,
                                                const RecordVisit &visit);

// Appends all rows of the table in order of rowid.
template <class Table> Result<void> loadTable(LoadContext &context, ColumnsOf<Table> &columns) {
  static_assert(columnCount<Table>() < RecordScan::kMostColumns);
  const TableSql &sql = tableSql<Table>();
  HOTLOOP_ASSIGN(const std::uint64_t expected, expectedRows(context, sql));
  Table::template columns<Column>([&](auto member, const ColumnInfo &) {
    (columns.*member).reserve(static_cast<std::size_t>(expected));
  });
  // read(index, cell): false when the stored number does not fit.
  const auto append = [&](auto &&read) {
    int index = 0;
    Table::template columns<Column>([&](auto member, const ColumnInfo &) {
      auto &column = columns.*member;
      using Cell = typename std::remove_reference_t<decltype(column)>::value_type;
      Cell cell{};
      if (!read(index++, cell)) ++context.badValues;
      if constexpr (std::is_same_v<Cell, StringId>) cell = context.poolId(cell);
      column.push_back(cell);
    });
  };
  HOTLOOP_ASSIGN(const std::optional<std::int64_t> next,
                 scanRecords(context, sql, [&](const auto *kinds, const auto *values) {
                   append([&](int i, auto &cell) {
                     return codec::fromRecord(kinds[i] == RecordScan::Kind::kNull, values[i], cell);
                   });
                 }));
  if (!next) return {};
  HOTLOOP_ASSIGN(const Statement statement,
                 prepare(context.connection, selectSql(sql), context.path));
  sqlite3_bind_int64(statement.get(), 1, *next);
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement.get())) == SQLITE_ROW)
    append([&](int i, auto &cell) { return codec::read(statement.get(), i, cell); });
  if (code != SQLITE_DONE) return Unexpected(sqliteError(context.connection, code, context.path));
  return {};
}

} // namespace hotloop
