#include <algorithm>

#include <fmt/format.h>

#include "core/report/number_format.h"
#include "core/report/report_text.h"

namespace hotloop {

namespace {

std::string code(const std::string &text) {
  // A recorded text may hold back-ticks, which would end the span.
  std::string safe = text;
  std::replace(safe.begin(), safe.end(), '`', '\'');
  return "`" + safe + "`";
}

std::string markdownHeader(const std::string &command, const ReportRun &run,
                           const StepFigures &steps, const std::vector<QualityNote> &quality,
                           TimeUnit unit = TimeUnit::kMilliseconds) {
  std::string text = reportHeader(command, run, steps, {}, Style(false), 1000, unit);
  text.erase(0, text.find('\n') + 1); // its first line becomes the heading
  std::string out = "# hotloop " + command + " " + code(run.file) + "\n\n";
  out += text;
  for (const QualityNote &note : quality)
    out += "\n> **" + note.severity + "**: " + markdownCell(note.message) + "\n";
  return out + "\n";
}

// What is known of the gain; empty where nothing is.
std::string gainCell(const Gain &gain) {
  if (gain.estimate) return (gain.estimate->ms < 0 ? "-" : "") + gainFigures(*gain.estimate);
  return gain.mostMs ? "at most " + formatMilliseconds(*gain.mostMs) : std::string();
}

ReportTable findingTable(const std::vector<Finding> &findings, std::size_t limit,
                         std::string title) {
  ReportTable table{"findings",
                    std::move(title),
                    {{"rank", "#", CellFormat::kCount, true},
                     {"rule", "rule", CellFormat::kText, true},
                     {"title", "finding", CellFormat::kText, true},
                     {"site", "where", CellFormat::kPath, true},
                     {"per_step", "per step", CellFormat::kCount, true},
                     {"gain", "gain", CellFormat::kText, true},
                     {"felt", "felt", CellFormat::kText, true},
                     {"fix", "fix", CellFormat::kText, true}},
                    {},
                    0};
  std::int64_t rank = 0;
  for (const Finding &finding : findings)
    table.rows.push_back({++rank,
                          finding.rule + (finding.variant.empty() ? "" : " " + finding.variant),
                          finding.title, finding.site.text(), finding.perStep,
                          gainCell(finding.gain), feltName(finding.felt), finding.fix});
  limitRows(table, limit);
  return table;
}

} // namespace

std::string adviceMarkdown(const AdviceReport &report, std::size_t limit) {
  std::string out = markdownHeader("advise", report.run, report.steps, report.quality);
  out += tableMarkdown(findingTable(report.findings, limit, "Findings"));
  if (report.plan)
    if (const std::string plan = planText(*report.plan, Style(false), 1000); !plan.empty())
      out += "\n```\n" + plan + "```\n";
  if (!report.notWorth.empty())
    out += "\n" + tableMarkdown(findingTable(report.notWorth, 0, "Checked, not worth it"));
  if (!report.unresolved.empty())
    out +=
        "\n" + tableMarkdown(findingTable(report.unresolved, 0, "Less than this run can resolve"));
  if (!report.notChecked.empty()) {
    out += "\n## Not checked\n\n";
    for (const UncheckedRule &rule : report.notChecked)
      out += "- " + rule.rule + ": " + markdownCell(rule.reason) + "\n";
  }
  return out;
}

ReportTable adviceTable(const AdviceReport &report) {
  ReportTable table{"findings", "", {}, {}, 0};
  for (const char *key : {"status", "rank", "rule", "variant", "title", "file", "line", "function",
                          "per_step", "felt", "host_ms", "bytes_per_step", "gain_ms", "fix"})
    table.columns.push_back({key, key, CellFormat::kPlain, true});
  auto add = [&](const std::vector<Finding> &findings, const char *status) {
    std::int64_t rank = 0;
    for (const Finding &finding : findings)
      table.rows.push_back(
          {std::string(status), ++rank, finding.rule, finding.variant, finding.title,
           finding.site.file,
           finding.site.line == 0 ? ReportCell{} : ReportCell{std::int64_t{finding.site.line}},
           finding.site.function, finding.perStep, feltName(finding.felt),
           finding.hostTime.milliseconds(), finding.bytesPerStep,
           finding.gain.estimate ? ReportCell{finding.gain.estimate->ms} : ReportCell{},
           finding.fix});
  };
  add(report.findings, "finding");
  add(report.notWorth, "not_worth");
  add(report.unresolved, "unresolved");
  return table;
}

std::string statsMarkdown(const StatsReport &report) {
  std::string out = markdownHeader("stats", report.run, report.steps, report.quality, report.unit);
  for (const ReportTable &table : report.tables) out += "\n" + tableMarkdown(table);
  return out;
}

} // namespace hotloop
