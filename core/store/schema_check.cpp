#include "core/store/schema_check.h"

#include <map>

#include "core/store/schema.h"

namespace hotloop {

namespace {

Error damaged(const std::string &path, const std::string &what) {
  return corrupt(path + ": the file is damaged or was changed (" + what +
                 "); record or import it again");
}

Result<void> checkKind(sqlite3 *connection, const std::string &table, const std::string &path) {
  HOTLOOP_ASSIGN(const Statement statement,
                 prepare(connection,
                         "SELECT type, strict, wr FROM pragma_table_list WHERE schema = 'main' AND "
                         "name = '" +
                             table + "'",
                         path));
  const int code = sqlite3_step(statement.get());
  if (code == SQLITE_DONE) return Unexpected(damaged(path, "table " + table + " is missing"));
  if (code != SQLITE_ROW) return Unexpected(sqliteError(connection, code, path));
  const bool plain = columnText(statement.get(), 0) == "table" &&
                     sqlite3_column_int(statement.get(), 1) == 1 &&
                     sqlite3_column_int(statement.get(), 2) == 0;
  if (!plain) return Unexpected(damaged(path, table + " is not a plain table"));
  return {};
}

Result<void> checkColumns(sqlite3 *connection, const TableSql &table, const std::string &path) {
  HOTLOOP_ASSIGN(const Statement statement,
                 prepare(connection,
                         "SELECT name, type, hidden FROM pragma_table_xinfo('" + table.name + "')",
                         path));
  std::map<std::string, std::string> types;
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) {
    if (sqlite3_column_int(statement.get(), 2) == 0)
      types.emplace(columnText(statement.get(), 0), columnText(statement.get(), 1));
  }
  if (code != SQLITE_DONE) return Unexpected(sqliteError(connection, code, path));
  for (const ColumnSql &column : table.columns) {
    const auto found = types.find(column.name);
    if (found == types.end())
      return Unexpected(damaged(path, "column " + table.name + "." + column.name + " is missing"));
    if (found->second != column.type)
      return Unexpected(damaged(path, "column " + table.name + "." + column.name + " is of type " +
                                          found->second + " instead of " + column.type));
  }
  return {};
}

} // namespace

Result<void> checkSchema(sqlite3 *connection, const std::string &path) {
  for (const TableSql &table : schemaTables()) {
    HOTLOOP_TRY(checkKind(connection, table.name, path));
    HOTLOOP_TRY(checkColumns(connection, table, path));
  }
  return {};
}

} // namespace hotloop
