#include "cli/info/run_info.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "analyzers/steps/steps.h"
#include "cli/import/progress.h"
#include "cli/run_source.h"
#include "collectors/import/import_trace.h"
#include "core/store/database.h"
#include "core/store/schema.h"
#include "core/trace/meta_keys.h"

namespace hotloop::cli {

namespace {

std::int64_t whole(const Database::Cell &cell) {
  const auto *value = std::get_if<std::int64_t>(&cell);
  return value == nullptr ? 0 : *value;
}

std::string text(const Database::Cell &cell) {
  const auto *value = std::get_if<std::string>(&cell);
  return value == nullptr ? std::string() : *value;
}

constexpr const char *kProcesses = "SELECT p.os_pid, n.text, c.text, p.exit_status, p.rank,"
                                   " (SELECT count(*) FROM thread t WHERE t.process = p.id)"
                                   " FROM process p LEFT JOIN string n ON n.id = p.name LEFT JOIN "
                                   "string c ON c.id = p.command_line"
                                   " ORDER BY p.id";

constexpr const char *kQuality =
    "SELECT n.text, CASE q.severity WHEN 0 THEN 'info' WHEN 1 THEN 'notice' WHEN 2 THEN 'data_loss'"
    " ELSE 'error' END, q.count, replace(m.text, '{}', q.count)"
    " FROM quality q LEFT JOIN string n ON n.id = q.name LEFT JOIN string m ON m.id = q.message"
    " ORDER BY q.severity DESC, q.rowid";

constexpr const char *kEventTables[] = {"op",           "range",   "allocation", "api",
                                        "kernel",       "memcpy",  "memset",     "sync",
                                        "event_record", "overhead"};

std::int64_t eventsOf(const RunInfo &info) {
  std::int64_t events = 0;
  for (const char *table : kEventTables) events += info.rows(table);
  return events;
}

} // namespace

std::string RunInfo::meta(std::string_view key) const {
  for (const auto &[name, value] : summary.meta)
    if (name == key) return value;
  return {};
}

std::int64_t RunInfo::rows(std::string_view table) const {
  for (const auto &[name, count] : summary.rows)
    if (name == table) return count;
  return 0;
}

Result<RunInfo> readRunInfo(const std::string &path) {
  RunInfo info;
  info.file = path;
  HOTLOOP_ASSIGN(info.summary, summarizeRun(path));
  HOTLOOP_ASSIGN(Database database, Database::open(path));
  HOTLOOP_ASSIGN(const Database::Table processes, database.query(kProcesses));
  for (const auto &row : processes.rows)
    info.processes.push_back(
        {whole(row[0]), text(row[1]), text(row[2]), whole(row[3]), whole(row[4]), whole(row[5])});
  HOTLOOP_ASSIGN(const Database::Table quality, database.query(kQuality));
  for (const auto &row : quality.rows)
    info.quality.push_back({text(row[0]), text(row[1]), whole(row[2]), text(row[3])});
  auto number = [&](std::string_view key) {
    const std::string value = info.meta(key);
    std::int64_t result = 0;
    std::from_chars(value.data(), value.data() + value.size(), result);
    return result;
  };
  const std::int64_t start = number(meta_key::kStartMonotonic),
                     end = number(meta_key::kEndMonotonic);
  if (start != 0 && end > start) info.seconds = static_cast<double>(end - start) * 1e-9;
  info.steps = info.rows("step");
  info.events = eventsOf(info);
  HOTLOOP_ASSIGN(const Database::Table devices,
                 database.query("SELECT d.ordinal, n.text FROM device d LEFT JOIN string n ON "
                                "n.id = d.name ORDER BY d.id"));
  for (const auto &row : devices.rows) info.devices.push_back({whole(row[0]), text(row[1])});
  return info;
}

Result<RunInfo> readForeignInfo(const CommandContext &context, const std::string &path) {
  ImportProgressWriter progress(context, false);
  ImportReport report;
  HOTLOOP_ASSIGN(const TraceView trace, importView(path, progress.options(path), &report));
  RunInfo info;
  info.file = path;
  info.format = report.format;
  info.description = report.description;
  info.eventsInFile = report.events;
  std::error_code failed;
  info.summary.fileBytes = std::filesystem::file_size(path, failed);
  info.summary.formatVersion = kFormatVersion;
  for (const auto &[key, value] : trace->meta) info.summary.meta.emplace_back(key, value);
  AllTables::forEach([&]<class Table>() {
    info.summary.rows.emplace_back(
        std::string(Table::kInfo.name),
        static_cast<std::int64_t>(rowCount<Table>(trace->columns<Table>())));
  });
  info.events = eventsOf(info);
  const auto &processes = trace->processes;
  for (std::size_t i = 0; i < processes.id.size(); ++i) {
    const auto threads = std::ranges::count(trace->threads.process, processes.id[i]);
    info.processes.push_back({processes.osPid[i], std::string(trace.text(processes.name[i])),
                              std::string(trace.text(processes.commandLine[i])),
                              processes.exitStatus[i], processes.rank[i], threads});
  }
  for (std::size_t i = 0; i < trace->devices.id.size(); ++i)
    info.devices.push_back(
        {trace->devices.ordinal[i], std::string(trace.text(trace->devices.name[i]))});
  info.quality = qualityNotes(trace, nullptr);
  info.steps = static_cast<std::int64_t>(findSteps(trace, -1).all.size());
  const auto time = [&](std::string_view key) {
    std::int64_t value = 0;
    const std::string_view text = trace.meta(key);
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  info.seconds =
      static_cast<double>(time(meta_key::kEndMonotonic) - time(meta_key::kStartMonotonic)) * 1e-9;
  return info;
}

} // namespace hotloop::cli
