#include "cli/commands/info_command.h"

#include <algorithm>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/arguments/common_flags.h"
#include "cli/info/run_info.h"
#include "collectors/import/import_trace.h"
#include "core/report/json_parts.h"
#include "core/report/number_format.h"
#include "core/report/text_layout.h"
#include "core/trace/meta_keys.h"

namespace hotloop::cli {

namespace {

// Shown in this order, where the run knows them; the rest is in --json.
constexpr std::pair<std::string_view, const char *> kFacts[] = {
    {meta_key::kCommand, "command"},
    {meta_key::kWorkingDirectory, "folder"},
    {meta_key::kHost, "host"},
    {meta_key::kCpuModel, "CPU"},
    {meta_key::kTorchVersion, "torch"},
    {meta_key::kTorchAttachment, "attached to torch"},
    {meta_key::kPythonVersion, "Python"},
    {meta_key::kCudaVersion, "CUDA"},
    {meta_key::kDriverVersion, "driver"},
    {meta_key::kSource, "source"},
    {meta_key::kExitStatus, "exit status"},
    {meta_key::kDroppedRecords, "dropped records"},
};

std::string stateSentence(const std::string &state) {
  if (state == "clean") return "clean (recorded to its end)";
  if (state == "truncated")
    return "truncated (the recording was cut off; what was stored until then is here)";
  if (state == "running") return "running (still being recorded; what is stored so far is here)";
  return state.empty() ? "unknown" : state;
}

std::string startText(const RunInfo &info) {
  const std::string value = info.meta(meta_key::kStartRealtime);
  if (value.empty() || value.find_first_not_of("0123456789") != std::string::npos ||
      value.size() > 19)
    return {};
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(static_cast<std::time_t>(std::stoull(value) / 1'000'000'000)));
}

std::string ranksText(const RunInfo &info) {
  std::string text;
  for (const ProcessInfo &process : info.processes)
    if (process.rank >= 0) text += (text.empty() ? "" : ", ") + std::to_string(process.rank);
  return text;
}

std::string devicesText(const RunInfo &info) {
  std::string text;
  for (const DeviceInfo &device : info.devices)
    text += (text.empty() ? "" : ", ") + std::to_string(device.ordinal) +
            (device.name.empty() ? "" : " " + printable(device.name));
  return text;
}

std::string infoText(const RunInfo &info, const Style &style, std::size_t width) {
  std::string out = style.bold(printable(info.file)) + "  " +
                    (info.format == "hotloop"
                         ? "hotloop run file, format " + std::to_string(info.summary.formatVersion)
                         : printable(info.description)) +
                    ", " + formatBytes(static_cast<double>(info.summary.fileBytes));
  if (const std::string tool = info.meta(meta_key::kToolVersion); !tool.empty())
    out += ", by hotloop " + printable(tool);
  out += "\n";
  auto fact = [&](const std::string &name, const std::string &value) {
    if (!value.empty())
      out += padRight(name, 20) +
             cutToWidth(printable(value), std::max<std::size_t>(width, 60) - 20) + "\n";
  };
  fact("state", stateSentence(info.meta(meta_key::kState)));
  fact("started", startText(info));
  if (info.seconds > 0)
    fact("recorded for",
         formatDuration(Nanoseconds(static_cast<std::int64_t>(info.seconds * 1e9))));
  for (const auto &[key, name] : kFacts) fact(name, info.meta(key));
  fact("events",
       std::to_string(info.events) + (info.eventsInFile > info.events
                                          ? fmt::format(" (the file holds {})", info.eventsInFile)
                                          : ""));
  fact("ranks", ranksText(info));
  fact("devices", devicesText(info));
  fact("steps", info.steps == 0 ? "none marked" : std::to_string(info.steps));
  for (const QualityNote &note : info.quality)
    fact(note.severity == "data_loss" ? "data loss" : note.severity, note.message);

  ReportTable processes{"processes",
                        "processes",
                        {{"pid", "pid", CellFormat::kPlain, true},
                         {"threads", "threads", CellFormat::kCount, true},
                         {"exit", "exit", CellFormat::kPlain, true},
                         {"command", "command", CellFormat::kText, true}},
                        {},
                        0};
  for (const ProcessInfo &row : info.processes)
    processes.rows.push_back({row.osPid, row.threads,
                              row.exitStatus < 0 ? ReportCell{} : ReportCell{row.exitStatus},
                              row.commandLine.empty() ? row.name : row.commandLine});
  ReportTable rows{
      "rows",
      "rows",
      {{"table", "table", CellFormat::kText, true}, {"rows", "rows", CellFormat::kPlain, true}},
      {},
      0};
  for (const auto &[table, count] : info.summary.rows)
    if (count != 0) rows.rows.push_back({table, count});
  out += "\n" + tableText(processes, style, width) + "\n" + tableText(rows, style, width);
  return out;
}

std::string infoJson(const RunInfo &info) {
  Json meta = Json::object(), rows = Json::object(), processes = Json::array();
  for (const auto &[key, value] : info.summary.meta) meta[key] = value;
  for (const auto &[table, count] : info.summary.rows) rows[table] = count;
  for (const ProcessInfo &row : info.processes)
    processes.push_back({{"os_pid", row.osPid},
                         {"name", row.name},
                         {"command_line", row.commandLine},
                         {"exit_status", row.exitStatus < 0 ? Json(nullptr) : Json(row.exitStatus)},
                         {"rank", row.rank < 0 ? Json(nullptr) : Json(row.rank)},
                         {"threads", row.threads}});
  Json devices = Json::array();
  for (const DeviceInfo &device : info.devices)
    devices.push_back({{"ordinal", device.ordinal}, {"name", device.name}});
  return dumpJson(
      {{"schema", "hotloop.info/1"},
       {"file", info.file},
       {"format", info.format},
       {"description", info.description},
       {"events", info.events},
       {"events_in_file", info.eventsInFile == 0 ? Json(nullptr) : Json(info.eventsInFile)},
       {"steps", info.steps},
       {"devices", std::move(devices)},
       {"format_version", info.summary.formatVersion},
       {"bytes", info.summary.fileBytes},
       {"state", info.meta(meta_key::kState)},
       {"seconds", info.seconds > 0 ? Json(info.seconds) : Json(nullptr)},
       {"meta", std::move(meta)},
       {"processes", std::move(processes)},
       {"rows", std::move(rows)},
       {"quality", qualityJson(info.quality)}});
}

Result<int> run(const CommandContext &context) {
  const std::string &path = context.arguments.positionals[0];
  HOTLOOP_ASSIGN(const TraceFormat format, detectFormat(path));
  HOTLOOP_ASSIGN(const RunInfo info,
                 format == TraceFormat::kRun ? readRunInfo(path) : readForeignInfo(context, path));
  HOTLOOP_TRY(context.emit(
      context.format() == "json" ? infoJson(info) : infoText(info, context.style, context.width)));
  return kExitOk;
}

} // namespace

Command infoCommand() {
  return {"info",
          "what a run or a trace holds: program, processes, rows, quality",
          {{formatFlag("text|json"), kJsonFlag, kOutputFlag, kForceFlag},
           {{"RUN", true, false, true, {}}}},
          run};
}

} // namespace hotloop::cli
