#include "core/store/nsys_export.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <string_view>
#include <vector>

#include "core/store/nsys_views.h"
#include "core/store/run_file.h"

namespace hotloop {

namespace {

// Ids of domains in the views are those of their texts; this one is no text's.
constexpr std::string_view kTorchDomain = "2147483647";

bool among(std::string_view name, std::initializer_list<std::string_view> names) {
  for (const std::string_view each : names)
    if (each == name) return true;
  return false;
}

std::string_view columnType(std::string_view table, std::string_view column) {
  if (table == "StringIds" && column == "id") return "INTEGER NOT NULL PRIMARY KEY";
  if (among(column, {"value", "text", "name", "label", "uuid", "utcTime", "localTime",
                     "busLocation", "devStateName", "jsonText", "binaryData"}))
    return table == "CUPTI_ACTIVITY_KIND_MEMSET" ? "INTEGER" : "TEXT";
  if (among(column, {"doubleValue", "floatValue"})) return "REAL";
  return "INTEGER";
}

// A path as the SQLite URI that opens it for reading.
std::string readingUri(const std::string &path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      std::array<char, 4> code{};
      std::snprintf(code.data(), code.size(), "%%%02X", static_cast<unsigned char>(c));
      uri += code.data();
    } else {
      uri += c;
    }
  }
  return uri + "?mode=ro";
}

std::string quotedText(const std::string &text) {
  std::string quoted = "'";
  for (const char c : text) quoted.append(c == '\'' ? 2 : 1, c);
  return quoted + "'";
}

class NsysTables {
public:
  NsysTables(sqlite3 *connection, const std::string &path, const NsysExportOptions &options)
      : connection_(connection), path_(path), options_(options) {}

  Result<std::int64_t> write() {
    for (const NsysView &view : nsysViews()) {
      HOTLOOP_TRY(writeTable(view));
      if (options_.progress) options_.progress(rows_);
    }
    return rows_;
  }

private:
  Result<std::vector<std::string>> columnsOf(const NsysView &view) {
    HOTLOOP_ASSIGN(const Statement statement, prepare(connection_, view.select, path_));
    std::vector<std::string> columns;
    for (int i = 0; i < sqlite3_column_count(statement.get()); ++i)
      columns.emplace_back(sqlite3_column_name(statement.get(), i));
    return columns;
  }

  std::string window(const std::vector<std::string> &columns) const {
    std::string start, end;
    for (const std::string &column : columns) {
      if (column == "start" || column == "timestamp") start = quotedName(column);
      if (column == "end") end = "coalesce(\"end\", \"start\")";
    }
    if (start.empty()) return "1";
    if (end.empty()) end = start;
    std::string condition = "1";
    if (options_.to) condition += " AND " + start + " < " + std::to_string(options_.to->count);
    if (options_.from) condition += " AND " + end + " >= " + std::to_string(options_.from->count);
    return condition;
  }

  Result<void> writeTable(const NsysView &view) {
    HOTLOOP_ASSIGN(const auto columns, columnsOf(view));
    std::string create = "CREATE TABLE main." + quotedName(view.name) + " (";
    for (std::size_t i = 0; i < columns.size(); ++i)
      create += (i == 0 ? "" : ", ") + quotedName(columns[i]) + " " +
                std::string(columnType(view.name, columns[i]));
    HOTLOOP_TRY(execute(connection_, create + ")", path_));
    const bool timed = !among(view.name, {"DIAGNOSTIC_EVENT", "CUDA_GRAPH_NODE_EVENTS"});
    std::string insert = "INSERT INTO main." + quotedName(view.name) + " SELECT * FROM (" +
                         std::string(view.select) + ")";
    // A domain is declared at time 0, whatever the window.
    if (timed && (options_.from || options_.to))
      insert +=
          " WHERE " + window(columns) + (view.name == "NVTX_EVENTS" ? " OR eventType = 75" : "");
    HOTLOOP_TRY(execute(connection_, insert, path_));
    std::int64_t added = sqlite3_changes64(connection_);
    if (view.name == "NVTX_EVENTS") {
      HOTLOOP_ASSIGN(const std::int64_t operators, addOperators());
      added += operators;
    }
    rows_ += added;
    if (added == 0) return execute(connection_, "DROP TABLE main." + quotedName(view.name), path_);
    return {};
  }

  Result<std::int64_t> addOperators() {
    std::string where = " WHERE 1";
    if (options_.to) where += " AND o.start < " + std::to_string(options_.to->count);
    if (options_.from)
      where += " AND o.start + o.duration >= " + std::to_string(options_.from->count);
    const std::string domain(kTorchDomain);
    HOTLOOP_TRY(execute(
        connection_,
        "INSERT INTO main.NVTX_EVENTS (start, \"end\", eventType, category, text, globalTid, "
        "textId,"
        " domainId, int64Value) SELECT o.start, o.start + o.duration, 59, o.scope + 1, n.text,"
        " p.os_pid % 0x1000000 * 0x1000000 + t.os_tid % 0x1000000, o.name, " +
            domain +
            ", CASE WHEN o.sequence >= 0 THEN o.sequence END FROM op o LEFT JOIN string n ON n.id ="
            " o.name LEFT JOIN thread t ON t.id = o.lane LEFT JOIN process p ON p.id = t.process" +
            where,
        path_));
    const std::int64_t added = sqlite3_changes64(connection_);
    if (added == 0) return added;
    HOTLOOP_TRY(execute(connection_,
                        "INSERT INTO main.NVTX_EVENTS (start, eventType, text, domainId, globalTid)"
                        " SELECT DISTINCT 0, 75, 'PyTorch', " +
                            domain +
                            ", p.os_pid % 0x1000000 * 0x1000000 FROM op o JOIN thread t ON t.id = "
                            "o.lane JOIN process p ON p.id = t.process",
                        path_));
    return added + sqlite3_changes64(connection_);
  }

  sqlite3 *connection_;
  const std::string &path_;
  const NsysExportOptions &options_;
  std::int64_t rows_ = 0;
};

Result<std::int64_t> writeAll(const std::string &run, const std::string &target,
                              const std::string &path, const NsysExportOptions &options) {
  HOTLOOP_ASSIGN(const OpenFile source, openRunFile(run));
  const char *readable = sqlite3_db_filename(source.connection.get(), "main");
  HOTLOOP_ASSIGN(
      const Connection connection,
      openConnection(target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI, path));
  HOTLOOP_TRY(execute(connection.get(),
                      "PRAGMA page_size=16384;PRAGMA journal_mode=OFF;PRAGMA synchronous=OFF;"
                      "PRAGMA cache_size=-16384;ATTACH " +
                          quotedText(readingUri(readable)) + " AS run;BEGIN",
                      path));
  HOTLOOP_ASSIGN(const std::int64_t rows, NsysTables(connection.get(), path, options).write());
  HOTLOOP_TRY(execute(connection.get(), "COMMIT", path));
  return rows;
}

} // namespace

Result<std::int64_t> exportNsysTables(const std::string &run, const std::string &path,
                                      const NsysExportOptions &options) {
  if (!options.overwrite && ::access(path.c_str(), F_OK) == 0)
    return Unexpected(
        invalidInput(path + ": exists already; --force overwrites it, -o FILE writes another"));
  const std::string partial = path + ".partial";
  std::remove(partial.c_str());
  auto rows = writeAll(run, partial, path, options);
  if (rows && std::rename(partial.c_str(), path.c_str()) != 0)
    rows = Unexpected(systemError(errno, path + ": cannot be put in place"));
  if (!rows) std::remove(partial.c_str());
  return rows;
}

} // namespace hotloop
