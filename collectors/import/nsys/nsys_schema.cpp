#include "collectors/import/nsys/nsys_schema.h"

namespace hotloop::nsys {

namespace {

std::string quoted(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) text.append(c == '"' ? "\"\"" : std::string(1, c));
  return text + '"';
}

} // namespace

Result<Schema> Schema::read(Database &database) {
  Schema schema;
  std::vector<std::string> names;
  HOTLOOP_TRY(database.forEach("SELECT name FROM sqlite_master WHERE type = 'table'"
                               " AND sql NOT LIKE 'create virtual%' AND name NOT LIKE 'sqlite_%'"
                               " LIMIT 10000",
                               [&](const Database::Row &row) { names.emplace_back(row.text(0)); }));
  for (const std::string &name : names) {
    auto &columns = schema.tables_[name];
    HOTLOOP_TRY(database.forEach("PRAGMA table_info(" + quoted(name) + ")",
                                 [&](const Database::Row &row) { columns.emplace(row.text(1)); }));
  }
  return schema;
}

bool Schema::has(std::string_view table, std::string_view column) const {
  const auto found = tables_.find(table);
  return found != tables_.end() && found->second.contains(column);
}

std::string Schema::select(std::string_view table,
                           std::initializer_list<std::string_view> columns) const {
  std::string sql = "SELECT ";
  bool first = true;
  for (const std::string_view column : columns) {
    if (!first) sql += ", ";
    first = false;
    sql += has(table, column) ? quoted(column) : "NULL";
  }
  return sql + " FROM " + quoted(table);
}

std::vector<Database::Column>
Schema::columns(std::string_view table, std::initializer_list<Database::Column> wanted) const {
  std::vector<Database::Column> columns(wanted);
  for (Database::Column &column : columns)
    if (!has(table, column.name)) column.name = {};
  return columns;
}

std::set<std::string> Schema::names() const {
  std::set<std::string> names;
  for (const auto &[name, columns] : tables_) names.insert(name);
  return names;
}

} // namespace hotloop::nsys
