#include "core/store/column_scan.h"

#include <array>
#include <utility>

#include "core/store/record_scan.h"
#include "core/store/run_file.h"
#include "core/store/run_state.h"
#include "core/store/schema_check.h"

namespace hotloop {

struct ColumnScan::State {
  std::string path;
  OpenFile file;
  std::string runState;
};

namespace {

constexpr std::size_t kMostColumns = RecordScan::kMostColumns;

} // namespace

ColumnScan::ColumnScan(std::unique_ptr<State> state) : state_(std::move(state)) {}
ColumnScan::ColumnScan(ColumnScan &&) noexcept = default;
ColumnScan &ColumnScan::operator=(ColumnScan &&) noexcept = default;
ColumnScan::~ColumnScan() = default;

Result<ColumnScan> ColumnScan::open(const std::string &path) {
  auto state = std::make_unique<State>();
  state->path = path;
  HOTLOOP_ASSIGN(state->file, openRunFile(path));
  sqlite3 *connection = state->file.connection.get();
  HOTLOOP_TRY(execute(connection, "BEGIN", path));
  HOTLOOP_TRY(checkSchema(connection, path));
  HOTLOOP_ASSIGN(state->runState, readRunState(connection, path));
  return ColumnScan(std::move(state));
}

Result<std::map<std::string, std::string, std::less<>>> ColumnScan::meta() {
  sqlite3 *connection = state_->file.connection.get();
  HOTLOOP_ASSIGN(const Statement statement,
                 prepare(connection, "SELECT key, value FROM main.meta", state_->path));
  std::map<std::string, std::string, std::less<>> meta;
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) {
    meta.insert_or_assign(std::string(columnText(statement.get(), 0)),
                          std::string(columnText(statement.get(), 1)));
  }
  if (code != SQLITE_DONE) return Unexpected(sqliteError(connection, code, state_->path));
  meta.insert_or_assign("state", state_->runState);
  return meta;
}

Result<std::vector<std::string>> ColumnScan::strings() {
  sqlite3 *connection = state_->file.connection.get();
  HOTLOOP_ASSIGN(const Statement statement,
                 prepare(connection, "SELECT id, text FROM main.string", state_->path));
  std::vector<std::string> texts(1);
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) {
    const std::int64_t id = sqlite3_column_int64(statement.get(), 0);
    // A gap as wide as the file is damage.
    if (id < 0 || static_cast<std::uint64_t>(id) > state_->file.header.fileBytes) {
      return Unexpected(corrupt(state_->path + ": the file is damaged or was changed (string id " +
                                std::to_string(id) + "); record or import it again"));
    }
    const auto place = static_cast<std::size_t>(id);
    if (texts.size() <= place) texts.resize(place + 1);
    texts[place] = columnText(statement.get(), 1);
  }
  if (code != SQLITE_DONE) return Unexpected(sqliteError(connection, code, state_->path));
  return texts;
}

Result<std::int64_t> ColumnScan::lastRow(std::string_view table) {
  return queryInteger(state_->file.connection.get(),
                      "SELECT max(rowid) FROM main." + quotedName(table), state_->path);
}

Result<void> ColumnScan::read(std::string_view table, std::span<const std::string_view> columns,
                              std::int64_t first, std::int64_t last, const Visit &visit) {
  if (columns.size() >= kMostColumns) return Unexpected(internalError("too many columns to scan"));
  if (auto records = RecordScan::open(state_->file.connection.get(), table, columns)) {
    if (records->read(first, last, first, visit) != RecordScan::End::kUnknown) return {};
  }
  std::string sql = "SELECT rowid";
  for (const std::string_view column : columns) sql += ", " + quotedName(column);
  sql += " FROM main." + quotedName(table) + " WHERE rowid BETWEEN ?1 AND ?2 ORDER BY rowid";
  sqlite3 *connection = state_->file.connection.get();
  HOTLOOP_ASSIGN(const Statement statement, prepare(connection, sql, state_->path));
  sqlite3_bind_int64(statement.get(), 1, first);
  sqlite3_bind_int64(statement.get(), 2, last);
  std::array<std::int64_t, kMostColumns> values{};
  const int count = static_cast<int>(columns.size()) + 1;
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) {
    for (int i = 0; i < count; ++i) {
      values[static_cast<std::size_t>(i)] = sqlite3_column_int64(statement.get(), i);
    }
    if (!visit(values.data())) return {};
  }
  if (code != SQLITE_DONE) return Unexpected(sqliteError(connection, code, state_->path));
  return {};
}

} // namespace hotloop
