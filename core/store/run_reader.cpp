#include "core/store/run_reader.h"

#include <utility>

#include "core/base/stop.h"
#include "core/metrics/quality.h"
#include "core/store/run_file.h"
#include "core/store/run_state.h"
#include "core/store/schema_check.h"
#include "core/store/table_loader.h"
#include "core/trace/meta_keys.h"
#include "core/trace/trace_builder.h"

namespace hotloop {

namespace {

constexpr int kInstructionsBetweenLooks = 100'000; // of SQLite's machine: about a millisecond

struct OpenRun {
  OpenFile file;
  std::string state; // of meta, as readRunState() gives it
};

Result<OpenRun> openChecked(const std::string &path) {
  OpenRun run;
  HOTLOOP_ASSIGN(run.file, openRunFile(path));
  sqlite3 *connection = run.file.connection.get();
  // One read transaction: a run that is still being written is seen at one moment.
  HOTLOOP_TRY(execute(connection, "BEGIN", path));
  HOTLOOP_TRY(checkSchema(connection, path));
  HOTLOOP_ASSIGN(run.state, readRunState(connection, path));
  return run;
}

template <class Visit>
Result<void> forEachMeta(sqlite3 *connection, const std::string &path, Visit &&visit) {
  HOTLOOP_ASSIGN(const Statement statement,
                 prepare(connection, "SELECT key, value FROM main.meta ORDER BY key", path));
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement.get())) == SQLITE_ROW)
    visit(columnText(statement.get(), 0), columnText(statement.get(), 1));
  if (code != SQLITE_DONE) return Unexpected(sqliteError(connection, code, path));
  return {};
}

// Fills the pool and the map of ids; the number of texts that were there twice.
Result<std::int64_t> loadStrings(LoadContext &context, StringPool &pool) {
  HOTLOOP_ASSIGN(
      const Statement statement,
      prepare(context.connection, "SELECT id, text FROM main.string ORDER BY id", context.path));
  std::int64_t rows = 0;
  std::size_t before = pool.size();
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) {
    StringId id;
    const bool valid = codec::read(statement.get(), 0, id);
    // Ids are handed out one after the other; a gap as wide as the file is damage.
    if (!valid || id.value > context.fileBytes)
      return Unexpected(corrupt(context.path + ": the file is damaged or was changed (string id " +
                                std::to_string(sqlite3_column_int64(statement.get(), 0)) +
                                "); record or import it again"));
    if (context.poolIds.size() <= id.value) context.poolIds.resize(id.value + 1);
    context.poolIds[id.value] = pool.intern(columnText(statement.get(), 1));
    if (id) ++rows;
  }
  if (code != SQLITE_DONE) return Unexpected(sqliteError(context.connection, code, context.path));
  return rows - static_cast<std::int64_t>(pool.size() - before);
}

void reportState(TraceSink &sink, const std::string &state) {
  if (state == "truncated") reportQuality(sink, "truncated_run");
  if (state == "running") reportQuality(sink, "still_running");
}

} // namespace

Result<TraceView> loadRun(const std::string &path, const std::stop_token &stop) {
  std::stop_token token = stop; // outlives the connection that is told of it
  HOTLOOP_ASSIGN(const OpenRun run, openChecked(path));
  if (stop.stop_possible()) {
    const auto asked = [](void *it) -> int {
      return static_cast<std::stop_token *>(it)->stop_requested() ? 1 : 0;
    };
    sqlite3_progress_handler(run.file.connection.get(), kInstructionsBetweenLooks, asked, &token);
  }
  LoadContext context;
  context.connection = run.file.connection.get();
  context.path = path;
  context.stop = stop;
  context.onlyReads = true;
  context.fileBytes = run.file.header.fileBytes;

  TraceData data;
  HOTLOOP_TRY(
      forEachMeta(context.connection, path, [&](std::string_view key, std::string_view text) {
        data.meta.insert_or_assign(std::string(key), std::string(text));
      }));
  data.meta.insert_or_assign(std::string(meta_key::kState), run.state);
  HOTLOOP_ASSIGN(const std::int64_t duplicates, loadStrings(context, data.strings));
  Result<void> loaded;
  AllTables::forEach([&]<class Table>() {
    if (loaded) loaded = loadTable<Table>(context, data.columns<Table>());
  });
  HOTLOOP_TRY(std::move(loaded));
  Result<NormaliseCounts> mended = NormaliseCounts();
  if (!runUntilStopped(stop, [&] { mended = normalise(data); }))
    return Unexpected(readingStopped(path));
  if (!mended) return Unexpected(Error{mended.error().kind, path + ": " + mended.error().message});
  TraceBuilder sink(std::move(data));
  reportState(sink, run.state);
  reportQuality(sink, "negative_durations", mended->negativeDurations);
  reportQuality(sink, "impossible_times", mended->impossibleTimes);
  reportQuality(sink, "dangling_references", mended->danglingReferences + context.danglingStrings);
  reportQuality(sink, "bad_values", context.badValues);
  reportQuality(sink, "duplicate_strings", duplicates);
  data = sink.take();
  mergeQuality(data);
  return TraceView(std::move(data));
}

Result<RunSummary> summarizeRun(const std::string &path) {
  HOTLOOP_ASSIGN(const OpenRun run, openChecked(path));
  sqlite3 *connection = run.file.connection.get();
  RunSummary summary;
  summary.formatVersion = run.file.header.version;
  summary.fileBytes = run.file.header.fileBytes;
  HOTLOOP_TRY(forEachMeta(connection, path, [&](std::string_view key, std::string_view text) {
    summary.meta.emplace_back(key, key == meta_key::kState ? run.state : std::string(text));
  }));
  for (const TableSql &table : schemaTables()) {
    // Events are only ever added, so the last rowid counts them without reading the table.
    const bool isEntity = table.columns.front().key;
    HOTLOOP_ASSIGN(const std::int64_t rows,
                   queryInteger(connection,
                                std::string(isEntity ? "SELECT count(*)" : "SELECT max(rowid)") +
                                    " FROM main." + quotedName(table.name),
                                path));
    summary.rows.emplace_back(table.name, rows);
  }
  return summary;
}

} // namespace hotloop
