#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "core/store/column_codec.h"
#include "core/store/intern_cache.h"
#include "core/store/run_writer.h"
#include "core/store/schema.h"
#include "core/store/sqlite_handle.h"
#include "core/trace/sink_adapter.h"

namespace hotloop {

// RunWriter over one SQLite connection; see run_writer.h for what it promises. Its memory does not
// grow with the run: SQLite's cache, a bounded intern cache, a few rows per table that wait to be
// inserted together, and one row per kind of data-quality trouble.
class SqliteRunWriter final : public EachTable<SqliteRunWriter, RunWriter> {
public:
  SqliteRunWriter(std::string path, const RunWriterOptions &options);

  // Makes the schema in the empty file and says that the run is being recorded by this process.
  Result<void> open();

  StringId intern(std::string_view text) override;
  StringId addText(std::string_view text) override;
  void setMeta(std::string_view key, std::string_view value) override;
  Result<void> commit() override;
  Result<void> commitIfDue() override;
  Result<void> finalise(RunState state) override;
  std::uint64_t rowsWritten() const override { return rowsWritten_; }

  template <class Table> void addRow(const RowOf<Table> &row) {
    if constexpr (std::is_same_v<Table, QualityTable>)
      addQuality(row);
    else if constexpr (Table::kInfo.kind == TableKind::kEvent)
      keepRow<Table>(row);
    else
      insertRow<Table>(row);
  }

private:
  struct KnownQuality {
    QualityRow row;
    std::int64_t rowid = 0;
  };

  // Starting and ending a statement costs as much as five columns: half of the time of a row alone.
  static constexpr std::size_t kRowsAtOnce = 8;
  template <class List> struct Waiting;
  template <class... Tables> struct Waiting<TableList<Tables...>> {
    std::tuple<std::vector<RowOf<Tables>>...> rows;
  };

  template <class Table> void insertRow(const RowOf<Table> &row);
  template <class Table> void keepRow(const RowOf<Table> &row);
  template <class Table> void insertWaiting();
  void insertAllWaiting();
  Result<void> openForMany();
  void addQuality(const QualityRow &row);
  // True when a transaction is open and nothing has failed yet.
  bool begin();
  bool stepAndReset(sqlite3_stmt *statement);
  void fail(int code);
  void rowDone();
  Result<void> status() const;
  Result<void> finishQuality();
  Result<void> mergeJournal();

  std::string path_;
  RunWriterOptions options_;
  Connection connection_;
  Statement insertMeta_;
  Statement insertString_;
  Statement replaceQuality_;
  std::array<Statement, kTableCount> inserts_;
  std::array<Statement, kTableCount> insertMany_; // of event tables
  Waiting<AllTables> waiting_;
  InternCache strings_;
  std::uint32_t lastString_ = 0;
  std::unordered_map<std::uint32_t, KnownQuality> quality_;
  std::uint64_t rowsWritten_ = 0;
  std::size_t rowsInTransaction_ = 0;
  bool inTransaction_ = false;
  std::chrono::steady_clock::time_point transactionStart_;
  std::optional<Error> failure_;
};

template <class Table> void SqliteRunWriter::insertRow(const RowOf<Table> &row) {
  ++rowsWritten_;
  if (!begin()) return;
  sqlite3_stmt *statement = inserts_[tableIndex<Table>()].get();
  int parameter = 0;
  Table::template columns<Value>(
      [&](auto member, const ColumnInfo &) { codec::bind(statement, ++parameter, row.*member); });
  if (stepAndReset(statement)) rowDone();
}

template <class Table> void SqliteRunWriter::keepRow(const RowOf<Table> &row) {
  ++rowsWritten_;
  if (!begin()) return;
  auto &rows = std::get<tableIndex<Table>()>(waiting_.rows);
  rows.push_back(row);
  if (rows.size() == kRowsAtOnce) insertWaiting<Table>();
  rowDone();
}

template <class Table> void SqliteRunWriter::insertWaiting() {
  auto &rows = std::get<tableIndex<Table>()>(waiting_.rows);
  const bool together = rows.size() == kRowsAtOnce;
  sqlite3_stmt *statement = (together ? insertMany_ : inserts_)[tableIndex<Table>()].get();
  int parameter = 0;
  bool good = !failure_;
  for (const RowOf<Table> &row : rows) {
    if (!good) break;
    if (!together) parameter = 0;
    Table::template columns<Value>(
        [&](auto member, const ColumnInfo &) { codec::bind(statement, ++parameter, row.*member); });
    if (!together) good = stepAndReset(statement);
  }
  if (together && good) stepAndReset(statement);
  rows.clear();
}

} // namespace hotloop
