#include <algorithm>

#include <fmt/format.h>

#include "core/report/number_format.h"
#include "core/report/report_text.h"
#include "core/report/text_layout.h"

namespace hotloop {

namespace {

constexpr std::size_t kReadable = 100; // running text is not set wider than this

std::string sourceWords(const std::string &source) {
  if (source == "api") return "marked by hotloop_step";
  if (source == "nvtx") return "marked by NVTX ranges";
  if (source == "profiler") return "marked by torch.profiler";
  if (source == "detected") return "found by repetition";
  return source;
}

std::string stepsLine(const StepFigures &steps, TimeUnit unit) {
  if (steps.steady == 0)
    return steps.whyNone.empty() ? fmt::format("{} steps, none steady", steps.total)
                                 : steps.whyNone;
  std::string line = fmt::format("{} steps, {} steady", steps.total, steps.steady);
  if (!steps.source.empty()) line += " (" + sourceWords(steps.source) + ")";
  if (steps.periodMs > 0)
    line += ", one every " + formatMilliseconds(steps.periodMs, unit);
  else if (steps.durationMs > 0)
    line += ", " + formatMilliseconds(steps.durationMs, unit) + " each";
  if (steps.p90Ms > 0)
    line += fmt::format("; length p10 {}, p90 {}", formatMilliseconds(steps.p10Ms, unit),
                        formatMilliseconds(steps.p90Ms, unit));
  return line;
}

std::string countersLine(const StepFigures &steps) {
  const std::string would = steps.felt == Felt::kWould ? "would-be " : "";
  std::string line;
  auto add = [&](const std::optional<double> &value, const std::string &what) {
    if (value.has_value()) line += (line.empty() ? "" : ", ") + formatCount(*value) + " " + what;
  };
  add(steps.operators, "operators");
  add(steps.launches, would + "launches");
  add(steps.graphLaunches, "graph launches");
  add(steps.kernels, "kernels");
  add(steps.hostSyncs, would + "host syncs");
  add(steps.copies, "copies");
  add(steps.allocations, "allocations");
  if (steps.allocations.has_value() && steps.allocatedBytes.value_or(0) > 0)
    line += " (" + formatBytes(*steps.allocatedBytes) + ")";
  return line;
}

std::string severityWords(const std::string &severity, const Style &style) {
  if (severity == "error") return style.worse("error");
  if (severity == "data_loss") return style.worse("data loss");
  if (severity == "notice") return style.unsure("notice");
  return style.dim(severity);
}

} // namespace

std::string reportHeader(const std::string &command, const ReportRun &run, const StepFigures &steps,
                         const std::vector<QualityNote> &quality, const Style &style,
                         std::size_t width, TimeUnit unit) {
  std::string title = shortenPath(printable(run.file), 60);
  if (run.state != "clean" && !run.state.empty()) title += " (" + run.state + ")";
  std::string out = style.bold("hotloop " + command) + "  " + title;
  if (!run.command.empty()) {
    const std::size_t used = 10 + command.size() + displayWidth(title);
    const std::size_t room = std::max<std::size_t>(width, used + 22) - used - 2;
    out += "  " +
           style.dim(cutToWidth(printable(run.command), std::min<std::size_t>(room, kReadable)));
  }
  out += '\n';
  const std::size_t readable = std::min(width, kReadable);
  auto addWrapped = [&](const std::string &text, const std::string &indent) {
    for (const std::string &line : wrapText(text, readable - indent.size()))
      out += indent + line + "\n";
  };
  addWrapped(stepsLine(steps, unit), "");
  const std::string counters = countersLine(steps);
  if (!counters.empty()) addWrapped("per step: " + counters, "");
  if (!counters.empty() && steps.felt == Felt::kWould)
    addWrapped("would-be: counted from the operators, as a GPU would see them; this run has no GPU "
               "records",
               "");
  for (const QualityNote &note : quality) {
    out += severityWords(note.severity, style) + ": ";
    bool first = true;
    for (const std::string &line : wrapText(printable(note.message), readable - 12)) {
      out += (first ? "" : "  ") + line + "\n";
      first = false;
    }
  }
  return out;
}

} // namespace hotloop
