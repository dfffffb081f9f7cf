#pragma once

#include <sqlite3.h>

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/unique_handle.h"

// SQLite's handles and errors in our terms. Only core/store includes this.
namespace hotloop {

struct ConnectionTraits {
  using Type = sqlite3 *;
  static Type invalid() { return nullptr; }
  static void close(Type connection) { sqlite3_close_v2(connection); }
};
using Connection = UniqueHandle<ConnectionTraits>;

struct StatementTraits {
  using Type = sqlite3_stmt *;
  static Type invalid() { return nullptr; }
  static void close(Type statement) { sqlite3_finalize(statement); }
};
using Statement = UniqueHandle<StatementTraits>;

// The last failure of `connection` (result `code`) as a sentence about the file `path`.
Error sqliteError(sqlite3 *connection, int code, const std::string &path);

// Opens with flags of sqlite3_open_v2; sets a busy timeout, switches off what a hostile file could
// use.
Result<Connection> openConnection(const std::string &path, int flags, const std::string &shownPath);

Result<void> execute(sqlite3 *connection, const std::string &sql, const std::string &path);
Result<Statement> prepare(sqlite3 *connection, std::string_view sql, const std::string &path);

// First column of the first row, as an integer or a text; 0 or "" when there is none.
Result<std::int64_t> queryInteger(sqlite3 *connection, std::string_view sql,
                                  const std::string &path);
Result<std::string> queryText(sqlite3 *connection, std::string_view sql, const std::string &path);

// Text of a column, without copying; valid until the statement moves on.
std::string_view columnText(sqlite3_stmt *statement, int column);

// `name` as an SQL identifier.
std::string quotedName(std::string_view name);

} // namespace hotloop
