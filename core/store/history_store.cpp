#include "core/store/history_store.h"

#include <filesystem>

#include "core/store/sqlite_handle.h"

namespace hotloop {

namespace {

constexpr std::int64_t kHistoryId = 0x484c4853; // "HLHS"
constexpr std::int64_t kVersion = 1;

constexpr const char *kTables = R"(
CREATE TABLE run (id INTEGER PRIMARY KEY, start INTEGER NOT NULL, file TEXT NOT NULL,
  command TEXT NOT NULL, commit_id TEXT NOT NULL, device_class TEXT NOT NULL,
  steps INTEGER NOT NULL, UNIQUE (start, command, file)) STRICT;
CREATE TABLE value (run INTEGER NOT NULL, metric TEXT NOT NULL, value REAL NOT NULL,
  PRIMARY KEY (run, metric)) STRICT, WITHOUT ROWID;
)";

Result<void> checkKind(sqlite3 *connection, const std::string &path) {
  HOTLOOP_ASSIGN(const std::int64_t id, queryInteger(connection, "PRAGMA application_id", path));
  if (id != kHistoryId)
    return Unexpected(invalidInput(path + ": not a database of runs; --db names a file that "
                                          "hotloop check or hotloop history made"));
  HOTLOOP_ASSIGN(const std::int64_t version, queryInteger(connection, "PRAGMA user_version", path));
  if (version > kVersion)
    return Unexpected(
        invalidInput(path + ": made by a newer hotloop; update this one, or use another --db"));
  return {};
}

// An empty file becomes a database of runs; another one must be one.
Result<void> prepareFile(sqlite3 *connection, const std::string &path) {
  HOTLOOP_ASSIGN(const std::int64_t tables,
                 queryInteger(connection, "SELECT count(*) FROM sqlite_schema", path));
  if (tables > 0) return checkKind(connection, path);
  HOTLOOP_TRY(execute(connection, kTables, path));
  return execute(connection,
                 "PRAGMA application_id=" + std::to_string(kHistoryId) +
                     ";PRAGMA user_version=" + std::to_string(kVersion),
                 path);
}

void bindText(const Statement &statement, int place, const std::string &text) {
  sqlite3_bind_text(statement.get(), place, text.data(), static_cast<int>(text.size()),
                    SQLITE_STATIC);
}

Result<void> finish(sqlite3 *connection, const Statement &statement, const std::string &path) {
  sqlite3_step(statement.get());
  const int code = sqlite3_reset(statement.get());
  if (code != SQLITE_OK) return Unexpected(sqliteError(connection, code, path));
  return {};
}

Result<void> insertAll(sqlite3 *connection, const std::string &path,
                       const std::vector<HistoryEntry> &entries) {
  HOTLOOP_ASSIGN(const Statement forget,
                 prepare(connection,
                         "DELETE FROM value WHERE run IN (SELECT id FROM run WHERE start=?1 AND "
                         "command=?2 AND file=?3)",
                         path));
  HOTLOOP_ASSIGN(const Statement insertRun,
                 prepare(connection,
                         "INSERT OR REPLACE INTO run (start, command, file, commit_id, "
                         "device_class, steps) VALUES (?1,?2,?3,?4,?5,?6)",
                         path));
  HOTLOOP_ASSIGN(const Statement insertValue,
                 prepare(connection, "INSERT INTO value VALUES (?1,?2,?3)", path));
  for (const HistoryEntry &entry : entries) {
    for (const Statement *statement : {&forget, &insertRun}) {
      sqlite3_bind_int64(statement->get(), 1, entry.start);
      bindText(*statement, 2, entry.command);
      bindText(*statement, 3, entry.file);
    }
    HOTLOOP_TRY(finish(connection, forget, path));
    bindText(insertRun, 4, entry.commit);
    bindText(insertRun, 5, entry.deviceClass);
    sqlite3_bind_int64(insertRun.get(), 6, entry.steps);
    HOTLOOP_TRY(finish(connection, insertRun, path));
    const std::int64_t run = sqlite3_last_insert_rowid(connection);
    for (const auto &[metric, value] : entry.values) {
      sqlite3_bind_int64(insertValue.get(), 1, run);
      bindText(insertValue, 2, metric);
      sqlite3_bind_double(insertValue.get(), 3, value);
      HOTLOOP_TRY(finish(connection, insertValue, path));
    }
  }
  return {};
}

} // namespace

Result<void> addToHistory(const std::string &path, const std::vector<HistoryEntry> &entries) {
  HOTLOOP_ASSIGN(const Connection connection,
                 openConnection(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, path));
  sqlite3 *raw = connection.get();
  HOTLOOP_TRY(execute(raw, "BEGIN IMMEDIATE", path));
  HOTLOOP_TRY(prepareFile(raw, path)); // closing rolls back what failed
  HOTLOOP_TRY(insertAll(raw, path, entries));
  return execute(raw, "COMMIT", path);
}

Result<std::vector<HistoryEntry>> readHistory(const std::string &path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored))
    return Unexpected(invalidInput(path + " does not exist; hotloop check RUN --db " + path +
                                   " or hotloop history RUN... --db " + path + " makes it"));
  HOTLOOP_ASSIGN(const Connection connection, openConnection(path, SQLITE_OPEN_READONLY, path));
  sqlite3 *raw = connection.get();
  HOTLOOP_TRY(checkKind(raw, path));
  HOTLOOP_ASSIGN(const Statement rows,
                 prepare(raw,
                         "SELECT run.id, start, file, command, commit_id, device_class, steps, "
                         "metric, value FROM run LEFT JOIN value ON value.run = run.id ORDER BY "
                         "start, run.id",
                         path));
  std::vector<HistoryEntry> entries;
  std::int64_t last = 0;
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(rows.get())) == SQLITE_ROW) {
    const std::int64_t id = sqlite3_column_int64(rows.get(), 0);
    if (entries.empty() || id != last)
      entries.push_back({sqlite3_column_int64(rows.get(), 1),
                         std::string(columnText(rows.get(), 2)),
                         std::string(columnText(rows.get(), 3)),
                         std::string(columnText(rows.get(), 4)),
                         std::string(columnText(rows.get(), 5)),
                         sqlite3_column_int64(rows.get(), 6),
                         {}});
    last = id;
    if (sqlite3_column_type(rows.get(), 7) != SQLITE_NULL)
      entries.back().values[std::string(columnText(rows.get(), 7))] =
          sqlite3_column_double(rows.get(), 8);
  }
  if (code != SQLITE_DONE) return Unexpected(sqliteError(raw, code, path));
  return entries;
}

} // namespace hotloop
