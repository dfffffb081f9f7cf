#include "cli/commands/export_command.h"

#include <charconv>

#include <fmt/format.h>

#include "analyzers/steps/steps.h"
#include "cli/arguments/common_flags.h"
#include "cli/import/import_run.h"
#include "cli/import/progress.h"
#include "cli/run_source.h"
#include "collectors/import/import_trace.h"
#include "core/export/export_run.h"
#include "core/report/number_format.h"
#include "core/store/run_reader.h"
#include "core/store/temporary_folder.h"
#include "core/trace/meta_keys.h"

namespace hotloop::cli {

namespace {

ExportFormat formatOf(const std::string &name) {
  return name == "nsys"       ? ExportFormat::kNsys
         : name == "kineto"   ? ExportFormat::kKineto
         : name == "perfetto" ? ExportFormat::kPerfetto
                              : ExportFormat::kCsv;
}

// "A..B", either end left out; nothing when it is not that.
std::optional<std::pair<std::string, std::string>> splitRange(const std::string &text) {
  const auto dots = text.find("..");
  if (dots == std::string::npos || text.size() == 2) return std::nullopt;
  return std::pair(text.substr(0, dots), text.substr(dots + 2));
}

// "12.5ms", "3s", "100us", "7ns"; milliseconds without a unit.
std::optional<Nanoseconds> durationOf(const std::string &text) {
  double number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc()) return std::nullopt;
  const std::string unit(parsed.ptr, text.data() + text.size());
  const double scale = unit.empty() || unit == "ms" ? 1e6
                       : unit == "s"                ? 1e9
                       : unit == "us"               ? 1e3
                       : unit == "ns"               ? 1
                                                    : 0;
  if (scale == 0 || !(number * scale < 9e18 && number * scale > -9e18)) return std::nullopt;
  return Nanoseconds(static_cast<std::int64_t>(number * scale));
}

Result<void> applyRange(const std::string &text, Nanoseconds origin, ExportWindow &window) {
  const auto ends = splitRange(text);
  const auto wrong = [&] {
    return Unexpected(
        invalidInput("hotloop export: --range " + text +
                     " is no span of time; write FROM..TO since the start of the run, "
                     "such as 100ms..2.5s or 3s.."));
  };
  if (!ends) return wrong();
  const auto side = [&](const std::string &end, std::optional<Nanoseconds> &into) {
    if (end.empty()) return true;
    const auto time = durationOf(end);
    if (time) into = origin + *time;
    return time.has_value();
  };
  if (!side(ends->first, window.from) || !side(ends->second, window.to)) return wrong();
  return {};
}

// Steps count as the reports count them, from 0.
Result<void> applySteps(const std::string &text, const std::string &run, ExportWindow &window) {
  const auto single = text.find("..") == std::string::npos;
  const auto ends = single ? std::pair(text, text) : splitRange(text).value_or(std::pair("x", "x"));
  std::int64_t first = 0, last = INT64_MAX;
  const auto number = [](const std::string &end, std::int64_t &into) {
    if (end.empty()) return true;
    const auto parsed = std::from_chars(end.data(), end.data() + end.size(), into);
    return parsed.ec == std::errc() && parsed.ptr == end.data() + end.size() && into >= 0;
  };
  if (!number(ends.first, first) || !number(ends.second, last) || last < first)
    return Unexpected(invalidInput("hotloop export: --steps " + text +
                                   " are no steps; write N or FIRST..LAST, counted from 0"));
  HOTLOOP_ASSIGN(const TraceView trace, loadRun(run));
  const Steps steps = findSteps(trace, -1);
  if (steps.all.empty())
    return Unexpected(nothingMeasured("hotloop export: --steps needs steps, and the run has none; "
                                      "use --range"));
  const auto count = static_cast<std::int64_t>(steps.all.size());
  if (first >= count)
    return Unexpected(invalidInput(fmt::format(
        "hotloop export: --steps {}: the run has {} steps, 0 to {}", text, count, count - 1)));
  const Nanoseconds from = steps.all[static_cast<std::size_t>(first)].start;
  const Nanoseconds to = steps.all[static_cast<std::size_t>(std::min(last, count - 1))].end;
  window.from = std::max(from, window.from.value_or(from));
  window.to = std::min(to, window.to.value_or(to));
  return {};
}

Result<int> run(const CommandContext &context) {
  const Arguments &arguments = context.arguments;
  const std::string &given = arguments.positionals[0];
  if (!arguments.has("format"))
    return Unexpected(invalidInput("hotloop export: --format is missing: nsys, kineto, perfetto or "
                                   "csv"));
  const ExportFormat format = formatOf(arguments.text("format"));
  const std::string target = arguments.text("output", exportName(given, format));
  if (target == "-")
    return Unexpected(invalidInput("hotloop export: exports are files; give -o FILE"));
  HOTLOOP_ASSIGN(const TraceFormat source, detectFormat(given));
  TemporaryFolder folder;
  std::string run = given;
  ImportProgressWriter progress(context, false);
  if (source != TraceFormat::kRun) { // exporters read run files
    HOTLOOP_ASSIGN(folder, TemporaryFolder::create());
    run = folder.path() / "imported.hotloop";
    HOTLOOP_TRY(importRun(given, run, true, progress.options(given)));
  }
  ExportOptions options;
  options.overwrite = arguments.has("force");
  if (arguments.has("range")) {
    HOTLOOP_ASSIGN(const RunSummary summary, summarizeRun(run));
    std::int64_t origin = 0;
    for (const auto &[key, value] : summary.meta)
      if (key == meta_key::kStartMonotonic)
        std::from_chars(value.data(), value.data() + value.size(), origin);
    HOTLOOP_TRY(applyRange(arguments.text("range"), Nanoseconds(origin), options.window));
  }
  if (arguments.has("steps")) HOTLOOP_TRY(applySteps(arguments.text("steps"), run, options.window));
  StatusLine status(context);
  options.progress = [&](std::int64_t events) {
    status.show(fmt::format("writing {}: {} events", target, events));
  };
  HOTLOOP_ASSIGN(const ExportReport report, exportRun(run, target, format, options));
  context.note(fmt::format("hotloop: {}: {} events, {}", target, report.events,
                           formatBytes(static_cast<double>(report.bytes))));
  return kExitOk;
}

} // namespace

Command exportCommand() {
  return {"export",
          "write a run in another tool's format: nsys, Kineto, Perfetto, CSV",
          {{{"format", 0, FlagValue::kChoice, "nsys|kineto|perfetto|csv", {}, false},
            {"range", 0, FlagValue::kText, "FROM..TO", {}, false},
            {"steps", 0, FlagValue::kText, "FIRST..LAST", {}, false},
            kOutputFlag,
            kForceFlag},
           {{"RUN", true, false, true, {}}}},
          run};
}

} // namespace hotloop::cli
