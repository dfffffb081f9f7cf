#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/report/gate_writers.h"
#include "core/report/number_format.h"
#include "core/report/report_table.h"
#include "core/report/text_layout.h"

namespace hotloop {

namespace {

constexpr const char *kMarker = "<!-- hotloop-gate -->";

std::string verdictLine(const GateReport &report) {
  const std::size_t failed = report.count(GateStatus::kFail);
  const std::size_t errors = report.count(GateStatus::kError);
  if (errors > 0) return fmt::format("**Not decided** ({})", report.exit.reason);
  if (failed > 0)
    return fmt::format("**Failed**: {} of {} checks ({})", failed, report.rows.size(),
                       report.exit.reason);
  if (report.count(GateStatus::kInconclusive) > 0) return "**Inconclusive**";
  return fmt::format("**Passed**: {} checks", report.rows.size());
}

// Inside of a code span nothing is escaped, so nothing may end it.
std::string code(const std::string &text) {
  std::string plain = printable(text);
  std::ranges::replace(plain, '`', '\'');
  return "`" + plain + "`";
}

std::string place(const GateRow &row) {
  if (row.site.file.empty()) return "";
  std::string text = row.site.text();
  if (!row.op.empty()) text += " (" + row.op + ")";
  return text;
}

std::string problemList(const GateReport &report, std::size_t limit) {
  std::string out;
  const auto problems = gateProblems(report);
  std::size_t shown = 0;
  for (const GateRow *row : problems) {
    if (limit != 0 && shown == limit) break;
    ++shown;
    out += fmt::format("- **{}** {} {}", gateStatusName(row->status), row->verdict,
                       row->level == "run" ? "" : markdownCell(gateRowTitle(*row)));
    if (row->base && row->now)
      out += fmt::format(" {} → {}", gateValue(row->base, row->unit, report.unit),
                         gateValue(row->now, row->unit, report.unit));
    if (!row->message.empty()) out += ": " + markdownCell(row->message);
    out += "\n";
  }
  if (shown < problems.size()) out += fmt::format("- and {} more\n", problems.size() - shown);
  return out.empty() ? out : out + "\n";
}

std::string counterTable(const GateReport &report, bool all) {
  std::string out;
  for (const GateRow &row : report.rows) {
    const bool wanted = row.level == "step" || row.level == "budget" || (all && row.level != "run");
    if (!wanted) continue;
    if (out.empty())
      out = "| per step | base | now | change | limit | |\n| --- | ---: | ---: | ---: | ---: | --- "
            "|\n";
    std::string name = gateRowTitle(row);
    if (!row.kernel.empty()) name += " of kernels " + row.kernel;
    if (row.level == "phase") name += " in " + row.phase;
    if (row.level == "site") name += " at " + place(row);
    out += fmt::format("| {} | {} | {} | {} | {} | {} |\n", markdownCell(name),
                       gateValue(row.base, row.unit, report.unit),
                       gateValue(row.now, row.unit, report.unit), gateChange(row),
                       markdownCell(row.limit), gateStatusName(row.status));
  }
  return out.empty() ? out : out + "\n";
}

std::string timeTable(const GateReport &report) {
  if (report.times.empty()) return {};
  std::string out = "| time | base | now | change | interval | pairs | |\n| --- | ---: | ---: | "
                    "---: | --- | ---: | --- |\n";
  for (const GateTime &time : report.times)
    out +=
        fmt::format("| {} | {} | {} | {:+.1f} % | [{:+.1f}, {:+.1f}] % | {} | {} |\n",
                    markdownCell(gateTimeTitle(time)), formatMilliseconds(time.baseMs, report.unit),
                    formatMilliseconds(time.nowMs, report.unit), time.change * 100, time.low * 100,
                    time.high * 100, time.pairs, time.verdict);
  return out + "\n";
}

std::string causeTable(const GateReport &report, std::size_t limit) {
  if (report.causes.empty() || !report.stepDeltaMs) return {};
  const std::string_view unit = timeUnitName(report.unit);
  std::string out =
      fmt::format("Why the mean step changed by {} {}:\n\n| share | {} | owner | where "
                  "|\n| ---: | ---: | --- | --- |\n",
                  formatFine(*report.stepDeltaMs, report.unit, true), unit, unit);
  std::size_t shown = 0;
  for (const GateCause &cause : report.causes) {
    if (shown++ == limit) break;
    const std::string what =
        cause.category + " " + (cause.family.empty() ? cause.opPath : cause.family);
    out += fmt::format("| {:.0f} % | {} | {} | {} |\n", cause.share * 100,
                       formatFine(cause.deltaMs, report.unit, true), markdownCell(what),
                       markdownCell(cause.site.file.empty() ? cause.phase : cause.site.text()));
  }
  return out + "\n";
}

std::string document(const GateReport &report, std::size_t problems, std::size_t causes, bool all) {
  std::string out =
      fmt::format("{}\n### hotloop {}: {}\n\n", kMarker, report.command, verdictLine(report));
  out += code(report.run.file);
  if (!report.deviceClass.empty()) out += " on " + markdownCell(report.deviceClass);
  if (!report.baseline.empty()) out += " against " + markdownCell(report.baseline);
  out += report.provisional ? ", provisional\n\n" : "\n\n";
  out += problemList(report, problems);
  out += counterTable(report, all);
  out += timeTable(report);
  out += causeTable(report, causes);
  for (const std::string &note : report.notes) out += "> " + markdownCell(note) + "\n\n";
  return out;
}

} // namespace

std::string gateMarkdown(const GateReport &report, std::size_t limit) {
  constexpr std::size_t kProblems = 10, kCauses = 6;
  std::string out =
      document(report, limit == 0 ? kProblems : std::min(limit, kProblems), kCauses, false);
  if (!report.next.empty()) out += "Next: " + code(report.next) + "\n";
  if (out.size() <= kCommentLimit) return out;
  // Names can be of any length; a comment that is too long would not be posted at all.
  std::size_t end = kCommentLimit - 64;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;
  return out.substr(0, end) + "\n\n(cut: the report is too long for a comment)\n";
}

std::string gateStepSummary(const GateReport &report) {
  constexpr std::size_t kLimit = 1'000'000; // of 1 MiB
  std::string out = document(report, 200, 50, true);
  if (out.size() <= kLimit) return out;
  return gateMarkdown(report, 0);
}

std::string gateCsv(const GateReport &report) {
  ReportTable table{"rows", "", {}, {}, 0};
  for (const char *key :
       {"verdict", "status", "level", "counter", "phase", "file", "line", "function", "op", "class",
        "provisional", "base", "now", "change", "limit", "message"})
    table.columns.push_back({key, key, CellFormat::kPlain, true});
  const auto number = [](const std::optional<double> &value) {
    return value ? ReportCell{*value} : ReportCell{};
  };
  for (const GateRow &row : report.rows)
    table.rows.push_back(
        {row.verdict, gateStatusName(row.status), row.level, row.counter, printable(row.phase),
         printable(row.site.file),
         row.site.line == 0 ? ReportCell{} : ReportCell{std::int64_t{row.site.line}},
         printable(row.site.function), printable(row.op), row.stability,
         std::int64_t{row.provisional}, number(row.base), number(row.now),
         row.base && row.now ? ReportCell{*row.now - *row.base} : ReportCell{}, row.limit,
         printable(row.message)});
  for (const GateTime &time : report.times)
    table.rows.push_back({std::string(time.verdict == "regression" ? "HG010" : ""), time.verdict,
                          std::string("time"), time.metric, time.phase, std::string(), ReportCell{},
                          std::string(), std::string(), std::string(), std::int64_t{0}, time.baseMs,
                          time.nowMs, time.nowMs - time.baseMs, std::string(),
                          fmt::format("{} pairs, {:+.4f} [{:+.4f} {:+.4f}], p {:.4g}", time.pairs,
                                      time.change, time.low, time.high, time.p)});
  return tableCsv(table);
}

} // namespace hotloop
