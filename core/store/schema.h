#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/trace/table_rows.h"
#include "core/trace/tables/all_tables.h"

// The SQL of the run file, generated from the table descriptions of core/trace/tables.
namespace hotloop {

// `PRAGMA application_id` of every run file: "HLTR".
inline constexpr std::uint32_t kApplicationId = 0x484c5452;
// `PRAGMA user_version`. A change of any table or column adds one, and a migration.
inline constexpr int kFormatVersion = 2;

struct ColumnSql {
  std::string name;
  std::string type; // INTEGER or REAL
  bool key = false; // the primary key of an entity table
};
struct TableSql {
  std::string name;
  std::vector<ColumnSql> columns;
};

// Every table in the order of creation: meta and string first, then AllTables.
const std::vector<TableSql> &schemaTables();

// CREATE statements of all tables and views.
std::string schemaScript();

// "INSERT INTO <table> VALUES (?,...)", for so many rows at once; entity rows replace the row of
// the same id.
std::string insertSql(const TableSql &table, std::size_t rows = 1);
// "SELECT <columns> FROM <table> WHERE rowid >= ? ORDER BY rowid".
std::string selectSql(const TableSql &table);

// Position of `Table` in AllTables.
template <class Table> constexpr std::size_t tableIndex() {
  std::size_t index = 0;
  std::size_t found = 0;
  AllTables::forEach([&]<class Other>() {
    if (std::is_same_v<Table, Other>) found = index;
    ++index;
  });
  return found;
}
inline constexpr std::size_t kTableCount = [] {
  std::size_t count = 0;
  AllTables::forEach([&]<class>() { ++count; });
  return count;
}();
// schemaTables() starts with meta and string.
inline constexpr std::size_t kFixedTables = 2;
template <class Table> const TableSql &tableSql() {
  return schemaTables()[kFixedTables + tableIndex<Table>()];
}

} // namespace hotloop
