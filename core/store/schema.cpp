#include "core/store/schema.h"

#include "core/store/column_codec.h"
#include "core/store/nsys_views.h"

namespace hotloop {

namespace {

template <class Table> TableSql describe() {
  TableSql sql{std::string(Table::kInfo.name), {}};
  Table::template columns<Value>([&](auto member, const ColumnInfo &info) {
    using Cell = std::decay_t<decltype(std::declval<RowOf<Table> &>().*member)>;
    const bool key = Table::kInfo.kind == TableKind::kEntity && sql.columns.empty();
    sql.columns.push_back({std::string(info.name), std::string(codec::sqlType<Cell>()), key});
  });
  return sql;
}

std::string createSql(const TableSql &table) {
  std::string sql = "CREATE TABLE " + quotedName(table.name) + " (";
  for (const ColumnSql &column : table.columns) {
    if (&column != &table.columns.front()) sql += ", ";
    sql += quotedName(column.name) + " " + column.type;
    if (column.key) sql += " PRIMARY KEY";
    // A real that is not a number is stored as NULL.
    if (column.type != "REAL") sql += " NOT NULL";
  }
  return sql + ") STRICT;\n";
}

std::string columnList(const TableSql &table) {
  std::string list;
  for (const ColumnSql &column : table.columns)
    list += (list.empty() ? "" : ", ") + quotedName(column.name);
  return list;
}

} // namespace

const std::vector<TableSql> &schemaTables() {
  static const std::vector<TableSql> tables = [] {
    std::vector<TableSql> all = {
        {"meta", {{"key", "TEXT", true}, {"value", "TEXT", false}}},
        {"string", {{"id", "INTEGER", true}, {"text", "TEXT", false}}},
    };
    AllTables::forEach([&]<class Table>() { all.push_back(describe<Table>()); });
    return all;
  }();
  return tables;
}

std::string schemaScript() {
  std::string script;
  for (const TableSql &table : schemaTables()) script += createSql(table);
  for (const NsysView &view : nsysViews())
    script += "CREATE VIEW " + std::string(view.name) + " AS\n" + std::string(view.select) + ";\n";
  return script;
}

std::string insertSql(const TableSql &table, std::size_t rows) {
  const bool replaces = table.columns.front().key;
  // A statement of several rows that may stop in between would be given a savepoint of its own;
  // what it has stored when it fails is undone with the transaction.
  std::string sql = replaces   ? "INSERT OR REPLACE INTO "
                    : rows > 1 ? "INSERT OR FAIL INTO "
                               : "INSERT INTO ";
  std::string row = "(";
  for (std::size_t i = 0; i < table.columns.size(); ++i) row += i == 0 ? "?" : ",?";
  row += ")";
  sql += quotedName(table.name) + " (" + columnList(table) + ") VALUES " + row;
  for (std::size_t i = 1; i < rows; ++i) sql += "," + row;
  return sql;
}

std::string selectSql(const TableSql &table) {
  return "SELECT " + columnList(table) + " FROM main." + quotedName(table.name) +
         " WHERE rowid >= ?1 ORDER BY rowid";
}

} // namespace hotloop
