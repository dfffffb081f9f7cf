#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/store/column_codec.h"
#include "core/store/schema.h"
#include "core/store/sqlite_handle.h"

namespace hotloop {

// What is common to the loading of all tables of one file.
struct LoadContext {
  sqlite3 *connection = nullptr;
  std::string path;
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

// Rows to expect in a table, from its largest rowid: exact for tables that are only added to.
Result<std::uint64_t> expectedRows(const LoadContext &context, const TableSql &table);

// Appends all rows of the table in order of rowid. One loop per table, generated from its
// description: a cell costs one SQLite call and one comparison.
template <class Table> Result<void> loadTable(LoadContext &context, ColumnsOf<Table> &columns) {
  const TableSql &sql = tableSql<Table>();
  HOTLOOP_ASSIGN(const std::uint64_t expected, expectedRows(context, sql));
  Table::template columns<Column>([&](auto member, const ColumnInfo &) {
    (columns.*member).reserve(static_cast<std::size_t>(expected));
  });
  HOTLOOP_ASSIGN(const Statement statement,
                 prepare(context.connection, selectSql(sql), context.path));
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) {
    int index = 0;
    Table::template columns<Column>([&](auto member, const ColumnInfo &) {
      auto &column = columns.*member;
      using Cell = typename std::remove_reference_t<decltype(column)>::value_type;
      Cell cell{};
      if (!codec::read(statement.get(), index++, cell)) ++context.badValues;
      if constexpr (std::is_same_v<Cell, StringId>) cell = context.poolId(cell);
      column.push_back(cell);
    });
  }
  if (code != SQLITE_DONE) return Unexpected(sqliteError(context.connection, code, context.path));
  return {};
}

} // namespace hotloop
