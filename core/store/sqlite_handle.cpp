#include "core/store/sqlite_handle.h"

#include <cerrno>

namespace hotloop {

namespace {

constexpr int kBusyMilliseconds = 1500;

bool outOfSpace(sqlite3 *connection, int code) {
  if ((code & 0xff) == SQLITE_FULL) return true;
  if ((code & 0xff) != SQLITE_IOERR || connection == nullptr) return false;
  const int number = sqlite3_system_errno(connection);
  return number == ENOSPC || number == EDQUOT || number == EFBIG;
}

} // namespace

Error sqliteError(sqlite3 *connection, int code, const std::string &path) {
  const std::string text =
      connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
  if (outOfSpace(connection, code))
    return {ErrorKind::kNoSpace, path + ": no space left to write (" + text +
                                     "); free space or write to another disk. What was stored "
                                     "before is kept"};
  switch (code & 0xff) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return {ErrorKind::kBusy,
            path + ": locked by another program; close it or wait until it is done"};
  case SQLITE_CORRUPT:
    return corrupt(path + ": the file is damaged (" + text +
                   "); if it was copied while it was being recorded, copy it again together with " +
                   path + "-wal");
  case SQLITE_NOTADB: return invalidInput(path + ": not an SQLite file, so not a hotloop run");
  case SQLITE_PERM:
  case SQLITE_READONLY:
  case SQLITE_CANTOPEN:
  case SQLITE_AUTH:
    return {ErrorKind::kPermission,
            path + ": cannot be opened (" + text + "); check the permissions of it and its folder"};
  case SQLITE_IOERR:
    return {ErrorKind::kCorrupt, path + ": reading or writing failed (" + text +
                                     "); check the disk, or that nobody else changes the file"};
  default: return internalError(path + ": SQLite failed (" + text + ")");
  }
}

Result<Connection> openConnection(const std::string &path, int flags,
                                  const std::string &shownPath) {
  sqlite3 *raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Connection connection(raw);
  if (code != SQLITE_OK) return Unexpected(sqliteError(raw, code, shownPath));
  sqlite3_busy_timeout(raw, kBusyMilliseconds);
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  // A missing column must be an error, not the text of its name.
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  return connection;
}

Result<void> execute(sqlite3 *connection, const std::string &sql, const std::string &path) {
  const int code = sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return Unexpected(sqliteError(connection, code, path));
  return {};
}

Result<Statement> prepare(sqlite3 *connection, std::string_view sql, const std::string &path) {
  sqlite3_stmt *raw = nullptr;
  const int code = sqlite3_prepare_v3(connection, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  Statement statement(raw);
  if (code != SQLITE_OK) return Unexpected(sqliteError(connection, code, path));
  return statement;
}

Result<std::int64_t> queryInteger(sqlite3 *connection, std::string_view sql,
                                  const std::string &path) {
  HOTLOOP_ASSIGN(const Statement statement, prepare(connection, sql, path));
  const int code = sqlite3_step(statement.get());
  if (code == SQLITE_DONE) return std::int64_t{0};
  if (code != SQLITE_ROW) return Unexpected(sqliteError(connection, code, path));
  return static_cast<std::int64_t>(sqlite3_column_int64(statement.get(), 0));
}

Result<std::string> queryText(sqlite3 *connection, std::string_view sql, const std::string &path) {
  HOTLOOP_ASSIGN(const Statement statement, prepare(connection, sql, path));
  const int code = sqlite3_step(statement.get());
  if (code == SQLITE_DONE) return std::string();
  if (code != SQLITE_ROW) return Unexpected(sqliteError(connection, code, path));
  return std::string(columnText(statement.get(), 0));
}

std::string_view columnText(sqlite3_stmt *statement, int column) {
  const auto *text = reinterpret_cast<const char *>(sqlite3_column_text(statement, column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
}

std::string quotedName(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    text += c;
    if (c == '"') text += c;
  }
  return text + '"';
}

} // namespace hotloop
