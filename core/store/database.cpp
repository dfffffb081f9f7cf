#include "core/store/database.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

#include "core/store/record_scan.h"
#include "core/store/run_file.h"

namespace hotloop {

struct Database::State {
  std::string path;
  OpenFile file;
};

namespace {

constexpr std::uint64_t kSpareRows = 1'000'000;

constexpr std::array kReadingPragmas = {
    "application_id",   "collation_list",  "compile_options", "database_list", "encoding",
    "foreign_key_list", "freelist_count",  "function_list",   "index_info",    "index_list",
    "index_xinfo",      "integrity_check", "journal_mode",    "page_count",    "page_size",
    "quick_check",      "schema_version",  "table_info",      "table_list",    "table_xinfo",
    "user_version"};

// Pragmas that take the name of what they describe; the others change something when given a value.
bool describes(std::string_view pragma) {
  return pragma.starts_with("table_") || pragma.starts_with("index_") ||
         pragma.ends_with("_check") || pragma == "foreign_key_list";
}

int authorize(void *, int action, const char *first, const char *second, const char *,
              const char *) noexcept {
  switch (action) {
  case SQLITE_SELECT:
  case SQLITE_READ:
  case SQLITE_RECURSIVE: return SQLITE_OK;
  case SQLITE_FUNCTION:
    return second != nullptr && std::strcmp(second, "load_extension") == 0 ? SQLITE_DENY
                                                                           : SQLITE_OK;
  case SQLITE_PRAGMA:
    for (const char *pragma : kReadingPragmas)
      if (std::strcmp(pragma, first) == 0 && (second == nullptr || describes(pragma)))
        return SQLITE_OK;
    return SQLITE_DENY;
  default: return SQLITE_DENY;
  }
}

Error statementError(sqlite3 *connection, std::string_view sql, int code, const std::string &path) {
  if ((code & 0xff) == SQLITE_AUTH)
    return invalidInput("This statement would change something; only one statement that reads is "
                        "allowed (SELECT, WITH, VALUES, EXPLAIN or a reading PRAGMA)");
  if ((code & 0xff) == SQLITE_INTERRUPT)
    return {ErrorKind::kBusy, path + ": the query was cancelled"};
  if ((code & 0xff) != SQLITE_ERROR) return sqliteError(connection, code, path);
  std::string message = std::string("SQL error: ") + sqlite3_errmsg(connection);
  const int offset = sqlite3_error_offset(connection);
  if (offset >= 0 && static_cast<std::size_t>(offset) < sql.size())
    message += ", at character " + std::to_string(offset + 1) + ": " +
               std::string(sql.substr(static_cast<std::size_t>(offset), 40));
  return invalidInput(std::move(message));
}

Database::Cell readCell(sqlite3_stmt *statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
  case SQLITE_INTEGER: return static_cast<std::int64_t>(sqlite3_column_int64(statement, column));
  case SQLITE_FLOAT: return sqlite3_column_double(statement, column);
  case SQLITE_NULL: return std::monostate();
  default: { // text, or a blob as it is
    const auto *bytes = static_cast<const char *>(sqlite3_column_blob(statement, column));
    const int size = sqlite3_column_bytes(statement, column);
    return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
  }
  }
}

} // namespace

Database::Database(std::unique_ptr<State> state) : state_(std::move(state)) {}
Database::Database(Database &&) noexcept = default;
Database &Database::operator=(Database &&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const std::string &path) {
  auto state = std::make_unique<State>();
  state->path = path;
  HOTLOOP_ASSIGN(state->file, openSqliteFile(path));
  return prepared(std::move(state));
}

Result<Database> Database::openRun(const std::string &path) {
  auto state = std::make_unique<State>();
  state->path = path;
  HOTLOOP_ASSIGN(state->file, openRunFile(path));
  return prepared(std::move(state));
}

Result<Database> Database::prepared(std::unique_ptr<State> state) {
  HOTLOOP_TRY(execute(state->file.connection.get(), "PRAGMA query_only=ON", state->path));
  sqlite3_set_authorizer(state->file.connection.get(), authorize, nullptr);
  return Database(std::move(state));
}

void Database::interrupt() { sqlite3_interrupt(state_->file.connection.get()); }

Result<Database::Table> Database::query(std::string_view sql, std::size_t maxRows) {
  sqlite3 *connection = state_->file.connection.get();
  sqlite3_stmt *raw = nullptr;
  const char *rest = nullptr;
  int code = sqlite3_prepare_v2(connection, sql.data(), static_cast<int>(sql.size()), &raw, &rest);
  const Statement statement(raw);
  if (code != SQLITE_OK) return Unexpected(statementError(connection, sql, code, state_->path));
  if (raw == nullptr) return Unexpected(invalidInput("The SQL statement is empty"));
  const std::string_view tail = sql.substr(static_cast<std::size_t>(rest - sql.data()));
  if (tail.find_first_not_of(" \t\r\n;") != std::string_view::npos) {
    sqlite3_stmt *next = nullptr;
    const int nextCode =
        sqlite3_prepare_v2(connection, tail.data(), static_cast<int>(tail.size()), &next, nullptr);
    const Statement second(next);
    if (nextCode != SQLITE_OK || next != nullptr) // else the tail is a comment
      return Unexpected(invalidInput("One SQL statement at a time, please; a second one begins at "
                                     "character " +
                                     std::to_string(rest - sql.data() + 1)));
  }
  Table table;
  const int columns = sqlite3_column_count(raw);
  for (int i = 0; i < columns; ++i) table.columns.emplace_back(sqlite3_column_name(raw, i));
  while ((code = sqlite3_step(raw)) == SQLITE_ROW) {
    if (table.rows.size() == maxRows) {
      table.cut = true;
      return table;
    }
    auto &row = table.rows.emplace_back();
    row.reserve(static_cast<std::size_t>(columns));
    for (int i = 0; i < columns; ++i) row.push_back(readCell(raw, i));
  }
  if (code != SQLITE_DONE) return Unexpected(statementError(connection, sql, code, state_->path));
  return table;
}

namespace {

sqlite3_stmt *statementOf(void *statement) { return static_cast<sqlite3_stmt *>(statement); }

} // namespace

bool Database::Row::isNull(int column) const {
  if (scan_ != nullptr)
    return places_[column] == 0 || scan_->kinds()[places_[column]] == RecordScan::Kind::kNull;
  return sqlite3_column_type(statementOf(statement_), column) == SQLITE_NULL;
}
bool Database::Row::isText(int column) const {
  if (scan_ != nullptr)
    return places_[column] != 0 && scan_->kinds()[places_[column]] == RecordScan::Kind::kText;
  return sqlite3_column_type(statementOf(statement_), column) == SQLITE_TEXT;
}
bool Database::Row::isReal(int column) const {
  if (scan_ != nullptr)
    return places_[column] != 0 && scan_->kinds()[places_[column]] == RecordScan::Kind::kReal;
  return sqlite3_column_type(statementOf(statement_), column) == SQLITE_FLOAT;
}
std::int64_t Database::Row::integer(int column) const {
  if (scan_ == nullptr) return sqlite3_column_int64(statementOf(statement_), column);
  const std::uint8_t place = places_[column];
  if (place == 0) return 0;
  if (scan_->kinds()[place] != RecordScan::Kind::kReal) return values_[place];
  const double real = std::bit_cast<double>(values_[place]); // as SQLite makes integers of reals
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min(), kMost = ~kLeast;
  return real <= static_cast<double>(kLeast)  ? kLeast
         : real >= static_cast<double>(kMost) ? kMost
                                              : static_cast<std::int64_t>(real);
}
double Database::Row::real(int column) const {
  if (scan_ == nullptr) return sqlite3_column_double(statementOf(statement_), column);
  const std::uint8_t place = places_[column];
  if (place == 0) return 0;
  return scan_->kinds()[place] == RecordScan::Kind::kReal ? std::bit_cast<double>(values_[place])
                                                          : static_cast<double>(values_[place]);
}
std::string_view Database::Row::text(int column) const {
  if (scan_ == nullptr) return columnText(statementOf(statement_), column);
  return isText(column) ? scan_->texts()[places_[column]] : std::string_view();
}

Result<void> Database::forEach(std::string_view sql, const std::function<void(const Row &)> &row) {
  sqlite3 *connection = state_->file.connection.get();
  sqlite3_stmt *raw = nullptr;
  int code =
      sqlite3_prepare_v2(connection, sql.data(), static_cast<int>(sql.size()), &raw, nullptr);
  const Statement statement(raw);
  if (code != SQLITE_OK) return Unexpected(statementError(connection, sql, code, state_->path));
  const Row current(raw);
  // A damaged tree can lead to the same page over and over; no real row is shorter than a byte.
  const std::uint64_t most = kSpareRows + state_->file.header.fileBytes;
  for (std::uint64_t rows = 0; (code = sqlite3_step(raw)) == SQLITE_ROW; ++rows) {
    if (rows > most)
      return Unexpected(corrupt(state_->path + ": the file is damaged: it gives more rows than it "
                                               "has room for"));
    row(current);
  }
  if (code != SQLITE_DONE) return Unexpected(statementError(connection, sql, code, state_->path));
  return {};
}

Result<void> Database::forEachOf(std::string_view table, const std::vector<Column> &columns,
                                 const std::function<void(const Row &)> &row) {
  std::string sql = "SELECT ";
  std::vector<std::string_view> stored;
  std::vector<std::uint8_t> places;
  RecordScan::Types types;
  for (const Column &column : columns) {
    if (!places.empty()) sql += ", ";
    sql += column.name.empty() ? "NULL" : quotedName(column.name);
    places.push_back(column.name.empty() ? 0 : static_cast<std::uint8_t>(stored.size() + 1));
    if (column.name.empty()) continue;
    if (column.type == Column::Type::kText) types.texts |= 1u << stored.size();
    if (column.type == Column::Type::kReal) types.reals |= 1u << stored.size();
    stored.push_back(column.name);
  }
  sql += " FROM main." + quotedName(table);
  sqlite3 *connection = state_->file.connection.get();
  // A statement that is not at its end keeps the file as it is.
  HOTLOOP_ASSIGN(const Statement lock,
                 prepare(connection, "SELECT 1 FROM main.sqlite_schema", state_->path));
  static_cast<void>(sqlite3_step(lock.get()));
  constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::min();
  std::int64_t next = kFirst;
  if (auto scan = RecordScan::open(connection, table, stored, types)) {
    const auto visit = [&](const std::int64_t *values) {
      row(Row(*scan, values, places.data()));
      return true;
    };
    const auto end = scan->read(next, std::numeric_limits<std::int64_t>::max(), next, visit);
    if (end == RecordScan::End::kDone) return {};
    if (next != kFirst) sql += " WHERE rowid >= " + std::to_string(next) + " ORDER BY rowid";
  }
  return forEach(sql, row);
}

} // namespace hotloop
