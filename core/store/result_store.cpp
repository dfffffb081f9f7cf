#include "core/store/result_store.h"

#include <unordered_map>
#include <utility>
#include <vector>

#include "core/store/run_file.h"
#include "core/store/run_state.h"
#include "core/store/schema_check.h"
#include "core/store/table_loader.h"
#include "core/trace/event_order.h"
#include "core/trace/normalise.h"
#include "core/trace/trace_builder.h"

namespace hotloop {

namespace {

// One store: the open file and the map from the builder's texts to the file's.
class ResultStore {
public:
  ResultStore(sqlite3 *connection, std::string path, TraceData data)
      : connection_(connection), path_(std::move(path)), data_(std::move(data)) {}

  Result<void> run() {
    HOTLOOP_TRY(placeStrings());
    HOTLOOP_TRY(renumber());
    HOTLOOP_TRY(append<StepTable>());
    HOTLOOP_TRY(replaceQuality());
    HOTLOOP_TRY(replace<StepCounterTable>());
    HOTLOOP_TRY(replace<LaneSummaryTable>());
    HOTLOOP_TRY(replace<FindingTable>());
    HOTLOOP_TRY(replace<EvidenceTable>());
    return replace<PredictionTable>();
  }

private:
  Result<void> placeStrings();
  Result<void> renumber();
  Result<void> replaceQuality();

  template <class Table> Result<void> append() {
    const ColumnsOf<Table> &columns = data_.columns<Table>();
    HOTLOOP_ASSIGN(const Statement insert,
                   prepare(connection_, insertSql(tableSql<Table>()), path_));
    for (std::size_t i = 0; i < rowCount<Table>(columns); ++i) {
      const RowOf<Table> row = rowAt<Table>(columns, i);
      int parameter = 0;
      Table::template columns<Value>([&](auto member, const ColumnInfo &) {
        auto cell = row.*member;
        if constexpr (std::is_same_v<decltype(cell), StringId>) cell = fileId(cell);
        codec::bind(insert.get(), ++parameter, cell);
      });
      sqlite3_step(insert.get());
      const int code = sqlite3_reset(insert.get());
      if (code != SQLITE_OK) return Unexpected(sqliteError(connection_, code, path_));
    }
    return {};
  }
  template <class Table> Result<void> replace() {
    HOTLOOP_TRY(execute(connection_, "DELETE FROM " + quotedName(Table::kInfo.name), path_));
    return append<Table>();
  }

  StringId fileId(StringId id) const {
    return id.value < fileIds_.size() ? fileIds_[id.value] : StringId();
  }
  // rowid-1 of each row of the file's table in the order of loadRun(); empty: the same order.
  template <class Table> Result<std::vector<std::uint32_t>> loadOrder(std::size_t &rows) {
    LoadContext context;
    context.connection = connection_;
    context.path = path_;
    ColumnsOf<Table> columns;
    HOTLOOP_TRY(loadTable<Table>(context, columns));
    static_cast<void>(mendTimes<Table>(columns));
    rows = rowCount<Table>(columns);
    return eventOrder<Table>(columns);
  }
  template <class Table> Result<void> renumberEvidence();

  sqlite3 *connection_;
  std::string path_;
  TraceData data_;
  std::vector<StringId> fileIds_;
};

Result<void> ResultStore::placeStrings() {
  fileIds_.assign(data_.strings.size(), StringId());
  std::uint32_t last = 0;
  {
    HOTLOOP_ASSIGN(const Statement statement,
                   prepare(connection_, "SELECT id, text FROM string", path_));
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) {
      StringId stored;
      if (!codec::read(statement.get(), 0, stored)) continue;
      last = std::max(last, stored.value);
      if (const StringId known = data_.strings.find(columnText(statement.get(), 1)))
        fileIds_[known.value] = stored;
    }
    if (code != SQLITE_DONE) return Unexpected(sqliteError(connection_, code, path_));
  }
  HOTLOOP_ASSIGN(const Statement insert, prepare(connection_, insertSql(schemaTables()[1]), path_));
  for (std::uint32_t id = 1; id < fileIds_.size(); ++id) {
    if (fileIds_[id]) continue;
    fileIds_[id] = StringId(++last);
    const std::string_view text = data_.strings.text(StringId(id));
    sqlite3_bind_int64(insert.get(), 1, last);
    sqlite3_bind_text(insert.get(), 2, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
    sqlite3_step(insert.get());
    const int code = sqlite3_reset(insert.get());
    if (code != SQLITE_OK) return Unexpected(sqliteError(connection_, code, path_));
  }
  return {};
}

template <class Table> Result<void> ResultStore::renumberEvidence() {
  const StringId name = data_.strings.find(Table::kInfo.name);
  bool named = std::is_same_v<Table, StepTable> && !data_.stepCounters.step.empty();
  for (const StringId table : data_.evidence.table) named = named || (name && table == name);
  if (!named) return {};
  std::size_t rows = 0;
  HOTLOOP_ASSIGN(const std::vector<std::uint32_t> order, loadOrder<Table>(rows));
  if (order.empty()) return {};
  const auto rowid = [&](std::int64_t number) {
    const bool ofTheFile = number >= 1 && number <= static_cast<std::int64_t>(rows);
    return ofTheFile ? order[static_cast<std::size_t>(number - 1)] + std::int64_t{1} : number;
  };
  data_.evidence.row.change([&](std::int64_t &row, std::size_t i) {
    if (data_.evidence.table[i] == name) row = rowid(row);
  });
  if constexpr (std::is_same_v<Table, StepTable>)
    data_.stepCounters.step.change(
        [&](std::uint32_t &step, std::size_t) { step = static_cast<std::uint32_t>(rowid(step)); });
  return {};
}

Result<void> ResultStore::renumber() {
  Result<void> result;
  AllTables::forEach([&]<class Table>() {
    if constexpr (Table::kInfo.kind == TableKind::kEvent)
      if (result) result = renumberEvidence<Table>();
  });
  return result;
}

Result<void> ResultStore::replaceQuality() {
  for (const StringId name : data_.quality.name)
    HOTLOOP_TRY(execute(connection_,
                        "DELETE FROM quality WHERE name = " + std::to_string(fileId(name).value),
                        path_));
  return append<QualityTable>();
}

// Opens for writing, after the checks of a reader have passed.
Result<Connection> openForWriting(const std::string &path) {
  {
    HOTLOOP_ASSIGN(const OpenFile file, openRunFile(path));
    if (!file.folder.path().empty())
      return Unexpected(unsupported(path +
                                    ": is of an older format, or its folder is not writable, so "
                                    "results cannot be stored in it"));
    HOTLOOP_TRY(checkSchema(file.connection.get(), path));
    HOTLOOP_ASSIGN(const std::string state, readRunState(file.connection.get(), path));
    if (state == "running")
      return Unexpected(Error{ErrorKind::kBusy, path +
                                                    ": is still being recorded; store results when "
                                                    "the recording has ended"});
  }
  return openConnection(path, SQLITE_OPEN_READWRITE, path);
}

} // namespace

Result<void> storeResults(const std::string &path, const std::function<void(TraceSink &)> &fill) {
  HOTLOOP_ASSIGN(const Connection connection, openForWriting(path));
  TraceBuilder builder;
  fill(builder);
  TraceData data = builder.take();
  mergeQuality(data);
  HOTLOOP_TRY(execute(connection.get(), "PRAGMA synchronous=NORMAL; BEGIN IMMEDIATE", path));
  ResultStore store(connection.get(), path, std::move(data));
  HOTLOOP_TRY(store.run()); // closing the connection undoes what a failure leaves half done
  return execute(connection.get(), "COMMIT", path);
}

} // namespace hotloop
