#include "core/store/sqlite_handle.h"

namespace hotloop {

namespace {

constexpr int kBusyMilliseconds = 1500;

// A write that fails for want of space comes as one of these; SQLite keeps the reason (a full disk,
// a quota, a limit on file sizes) to itself.
bool writeFailed(int code) {
  return (code & 0xff) == SQLITE_FULL || code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_SHMSIZE;
}

// A damaged schema is quoted in the message: its bytes must not reach a terminal as they are.
std::string readable(std::string text) {
  for (char &c : text)
    if (c < ' ' || c > '~') c = '?';
  return text;
}

} // namespace

Error sqliteError(sqlite3 *connection, int code, const std::string &path) {
  const std::string text =
      connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
  if (writeFailed(code))
    return {
        ErrorKind::kNoSpace,
        path + ": cannot be written any further (" + text +
            "): the disk is full, or a quota or limit on file sizes is reached. What was stored "
            "before is kept; free space or write to another disk"};
  switch (code & 0xff) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return {ErrorKind::kBusy,
            path + ": locked by another program; close it or wait until it is done"};
  case SQLITE_CORRUPT:
    return corrupt(path + ": the file is damaged (" + readable(text) +
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
