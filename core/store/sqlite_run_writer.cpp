#include "core/store/sqlite_run_writer.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "core/store/process_identity.h"
#include "core/trace/meta_keys.h"

namespace hotloop {

namespace {

constexpr std::chrono::seconds kReaderPatience{2};
constexpr std::size_t kInternCacheBytes = 16u << 20;
// Reading the clock costs as much as a column; a transaction's age need not be exact.
constexpr std::size_t kRowsPerClockRead = 64;

constexpr std::string_view kFilePragmas = "PRAGMA page_size=16384;"
                                          "PRAGMA secure_delete=OFF;"
                                          "PRAGMA synchronous=OFF;"
                                          "PRAGMA cache_size=-8192;"
                                          "PRAGMA temp_store=MEMORY;";

} // namespace

SqliteRunWriter::SqliteRunWriter(std::string path, const RunWriterOptions &options)
    : path_(std::move(path)), options_(options), strings_(kInternCacheBytes) {}

Result<void> SqliteRunWriter::open() {
  HOTLOOP_ASSIGN(connection_, openConnection(path_, SQLITE_OPEN_READWRITE, path_));
  sqlite3 *connection = connection_.get();
  HOTLOOP_TRY(execute(connection, std::string(kFilePragmas), path_));
  if (!options_.survivesWriter)
    HOTLOOP_TRY(
        execute(connection, "PRAGMA locking_mode=EXCLUSIVE;PRAGMA journal_mode=OFF", path_));
  // The header and the schema go into the file before it turns to WAL mode, so that the file alone
  // tells what it is.
  HOTLOOP_TRY(execute(connection,
                      "BEGIN;PRAGMA application_id=" + std::to_string(kApplicationId) +
                          ";PRAGMA user_version=" + std::to_string(kFormatVersion) + ";" +
                          schemaScript() + "INSERT INTO string VALUES (0, '');COMMIT;",
                      path_));
  if (options_.survivesWriter) HOTLOOP_TRY(execute(connection, "PRAGMA journal_mode=WAL", path_));

  HOTLOOP_ASSIGN(insertMeta_, prepare(connection, insertSql(schemaTables()[0]), path_));
  HOTLOOP_ASSIGN(insertString_, prepare(connection, insertSql(schemaTables()[1]), path_));
  for (std::size_t i = 0; i < kTableCount; ++i) {
    HOTLOOP_ASSIGN(inserts_[i],
                   prepare(connection, insertSql(schemaTables()[kFixedTables + i]), path_));
  }
  HOTLOOP_TRY(openForMany());
  HOTLOOP_ASSIGN(replaceQuality_,
                 prepare(connection,
                         "INSERT OR REPLACE INTO quality (name, severity, count, message, rowid) "
                         "VALUES (?,?,?,?,?)",
                         path_));

  const ProcessIdentity writer = currentProcess();
  setMeta(meta_key::kState, "running");
  setMeta(meta_key::kRecorderPid, std::to_string(writer.pid));
  setMeta(meta_key::kRecorderStart, writer.startTicks);
  setMeta(meta_key::kBootId, writer.bootId);
  return commit();
}

Result<void> SqliteRunWriter::openForMany() {
  Result<void> done;
  AllTables::forEach([&]<class Table>() {
    if (Table::kInfo.kind != TableKind::kEvent || !done) return;
    auto statement = prepare(connection_.get(), insertSql(tableSql<Table>(), kRowsAtOnce), path_);
    if (statement)
      insertMany_[tableIndex<Table>()] = std::move(*statement);
    else
      done = Unexpected(statement.error());
    std::get<tableIndex<Table>()>(waiting_.rows).reserve(kRowsAtOnce);
  });
  return done;
}

void SqliteRunWriter::insertAllWaiting() {
  AllTables::forEach([&]<class Table>() {
    if constexpr (Table::kInfo.kind == TableKind::kEvent) insertWaiting<Table>();
  });
}

bool SqliteRunWriter::begin() {
  if (inTransaction_) return true;
  if (failure_) return false;
  const int code = sqlite3_exec(connection_.get(), "BEGIN", nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) {
    fail(code);
    return false;
  }
  inTransaction_ = true;
  rowsInTransaction_ = 0;
  transactionStart_ = std::chrono::steady_clock::now();
  return true;
}

bool SqliteRunWriter::stepAndReset(sqlite3_stmt *statement) {
  sqlite3_step(statement);
  const int code = sqlite3_reset(statement);
  if (code == SQLITE_OK) return true;
  fail(code);
  return false;
}

// Keeps the first failure and undoes the open transaction, so that the file stays at the last
// commit.
void SqliteRunWriter::fail(int code) {
  if (!failure_) failure_ = sqliteError(connection_.get(), code, path_);
  if (sqlite3_get_autocommit(connection_.get()) == 0)
    sqlite3_exec(connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  inTransaction_ = false;
  AllTables::forEach([&]<class Table>() { std::get<tableIndex<Table>()>(waiting_.rows).clear(); });
}

void SqliteRunWriter::rowDone() {
  if (++rowsInTransaction_ >= options_.rowsPerTransaction) {
    static_cast<void>(commit()); // kept in failure_
    return;
  }
  if (rowsInTransaction_ % kRowsPerClockRead == 0) static_cast<void>(commitIfDue());
}

Result<void> SqliteRunWriter::status() const {
  if (failure_) return Unexpected(*failure_);
  return {};
}

StringId SqliteRunWriter::intern(std::string_view text) {
  if (text.empty()) return {};
  if (const StringId known = strings_.find(text)) return known;
  const StringId id = addText(text);
  strings_.insert(text, id);
  return id;
}

StringId SqliteRunWriter::addText(std::string_view text) {
  const StringId id(++lastString_);
  if (!begin()) return id;
  sqlite3_bind_int64(insertString_.get(), 1, id.value);
  sqlite3_bind_text(insertString_.get(), 2, text.data(), static_cast<int>(text.size()),
                    SQLITE_STATIC);
  if (stepAndReset(insertString_.get())) rowDone();
  return id;
}

void SqliteRunWriter::setMeta(std::string_view key, std::string_view value) {
  if (!begin()) return;
  sqlite3_bind_text(insertMeta_.get(), 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
  sqlite3_bind_text(insertMeta_.get(), 2, value.data(), static_cast<int>(value.size()),
                    SQLITE_STATIC);
  if (stepAndReset(insertMeta_.get())) rowDone();
}

void SqliteRunWriter::addQuality(const QualityRow &row) {
  const auto [known, isNew] = quality_.try_emplace(row.name.value, KnownQuality{row, 0});
  KnownQuality &kept = known->second;
  if (isNew) {
    insertRow<QualityTable>(row);
    kept.rowid = sqlite3_last_insert_rowid(connection_.get());
    return;
  }
  kept.row.count += row.count;
  kept.row.severity = std::max(kept.row.severity, row.severity);
  kept.row.message = row.message;
  ++rowsWritten_;
  if (!begin()) return;
  sqlite3_stmt *statement = replaceQuality_.get();
  codec::bind(statement, 1, kept.row.name);
  codec::bind(statement, 2, kept.row.severity);
  codec::bind(statement, 3, kept.row.count);
  codec::bind(statement, 4, kept.row.message);
  sqlite3_bind_int64(statement, 5, kept.rowid);
  if (stepAndReset(statement)) rowDone();
}

Result<void> SqliteRunWriter::commit() {
  insertAllWaiting();
  if (!inTransaction_) return status();
  const int code = sqlite3_exec(connection_.get(), "COMMIT", nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
  inTransaction_ = false;
  return status();
}

Result<void> SqliteRunWriter::commitIfDue() {
  if (inTransaction_ &&
      std::chrono::steady_clock::now() - transactionStart_ >= options_.maxTransactionAge)
    return commit();
  return status();
}

// Texts were written with their `{}`, since counts of one kind add up.
Result<void> SqliteRunWriter::finishQuality() {
  for (auto &[name, known] : quality_) {
    HOTLOOP_ASSIGN(std::string message, queryText(connection_.get(),
                                                  "SELECT text FROM string WHERE id = " +
                                                      std::to_string(known.row.message.value),
                                                  path_));
    const auto place = message.find("{}");
    if (place == std::string::npos) continue;
    message.replace(place, 2, std::to_string(known.row.count));
    QualityRow finished = known.row;
    finished.count = 0;
    finished.message = intern(message);
    addQuality(finished);
  }
  return {};
}

// journal_mode=DELETE writes the WAL back and removes it, which a reader at work holds up.
Result<void> SqliteRunWriter::mergeJournal() {
  const auto giveUp = std::chrono::steady_clock::now() + kReaderPatience;
  while (true) {
    auto mode = queryText(connection_.get(), "PRAGMA journal_mode=DELETE", path_);
    if (mode && *mode == "delete") return {};
    if (!mode && mode.error().kind != ErrorKind::kBusy) return Unexpected(mode.error());
    if (std::chrono::steady_clock::now() >= giveUp)
      return Unexpected(
          Error{ErrorKind::kBusy, path_ +
                                      ": is complete, but could not be made one plain file because "
                                      "another program reads it; keep it together with " +
                                      path_ + "-wal"});
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

Result<void> SqliteRunWriter::finalise(RunState state) {
  const std::optional<Error> earlier = failure_;
  failure_.reset(); // what was stored is worth closing properly all the same
  if (!earlier) HOTLOOP_TRY(finishQuality());
  setMeta(meta_key::kState, state == RunState::kClean && !earlier ? "clean" : "truncated");
  HOTLOOP_TRY(commit());
  insertMeta_.reset();
  insertString_.reset();
  replaceQuality_.reset();
  for (Statement &insert : inserts_) insert.reset();
  for (Statement &insert : insertMany_) insert.reset();
  HOTLOOP_TRY(mergeJournal());
  connection_.reset();
  if (earlier) return Unexpected(*earlier);
  return {};
}

} // namespace hotloop
