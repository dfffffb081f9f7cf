#include <cerrno>
#include <filesystem>
#include <fstream>
#include <ostream>

#include <fmt/format.h>

#include "cli/arguments/suggest.h"
#include "cli/filter/row_filter.h"
#include "cli/gate/check_session.h"
#include "core/report/gate_writers.h"

namespace hotloop::cli {

namespace {

constexpr std::size_t kShown = 20;
constexpr std::size_t kWideText = 140; // of a text report that goes to a file

Result<void> writeFile(const std::string &path, const std::string &text, bool append) {
  std::error_code ignored;
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
  errno = 0;
  std::ofstream file(path, std::ios::binary | (append ? std::ios::app : std::ios::trunc));
  file << text;
  file.close();
  if (file) return {};
  return Unexpected(systemError(errno != 0 ? errno : EIO, "cannot write the report " + path));
}

} // namespace

std::string writeGate(const std::string &format, const GateReport &report, std::size_t limit,
                      const Style &style, std::size_t width) {
  if (format == "text") return gateText(report, limit, style, width);
  if (format == "json") return gateJson(report);
  if (format == "csv") return gateCsv(report);
  if (format == "md") return gateMarkdown(report, limit);
  if (format == "junit") return gateJunit(report);
  if (format == "sarif") return gateSarif(report);
  if (format == "github") return gateGithub(report);
  if (format == "gitlab") return gateGitlab(report);
  if (format == "html") return gateHtml(report);
  return {};
}

Result<void> checkReportFlags(const CommandContext &context) {
  for (const std::string &word : context.arguments.values("report")) {
    const std::string format = word.substr(0, word.find('='));
    const auto known = splitChoices(kGateFormats);
    if (std::find(known.begin(), known.end(), format) == known.end())
      return Unexpected(
          invalidInput(fmt::format("--report cannot be '{}' (one of {}){}", format,
                                   fmt::join(known, ", "), didYouMean(format, known))));
  }
  HOTLOOP_TRY(RowFilter::given(context.arguments, RowFilter::kGateKeys));
  return {};
}

Result<void> emitGate(const CommandContext &context, const GateReport &whole) {
  HOTLOOP_TRY(checkReportFlags(context)); // all of them, before anything is written
  GateReport report = whole;
  report.unit = timeUnitNamed(context.arguments.text("time-unit"));
  HOTLOOP_ASSIGN(const auto filter, RowFilter::given(context.arguments, RowFilter::kGateKeys));
  if (filter) filter->apply(report);
  const auto limit = static_cast<std::size_t>(context.arguments.number("limit", kShown));
  const auto reports = context.arguments.values("report");
  HOTLOOP_TRY(
      context.emit(writeGate(context.format(), report, limit, context.style, context.width)));
  for (const std::string &word : reports) {
    const std::size_t equals = word.find('=');
    const std::string format = word.substr(0, equals);
    const std::string text = writeGate(format, report, limit, Style(false), kWideText);
    if (equals != std::string::npos) {
      HOTLOOP_TRY(writeFile(word.substr(equals + 1), text, false));
    } else {
      *context.surroundings.out << text;
    }
    // Annotations alone leave no page to read: the step summary is that page.
    const auto summary = context.surroundings.variable("GITHUB_STEP_SUMMARY");
    if (format == "github" && summary && !summary->empty())
      HOTLOOP_TRY(writeFile(*summary, gateStepSummary(report), true));
  }
  return {};
}

} // namespace hotloop::cli
