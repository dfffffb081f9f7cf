#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/report/number_format.h"
#include "core/report/report_text.h"
#include "core/report/text_layout.h"

namespace hotloop {

namespace {

constexpr std::size_t kReadable = 100;
constexpr std::size_t kShownElsewhere = 6; // sites named in the "not worth it" line

std::string ruleName(const Finding &finding) {
  return finding.variant.empty() ? finding.rule : finding.rule + " " + finding.variant;
}

std::string placeText(const Site &site, std::size_t width) {
  Site place = site;
  place.function.clear();
  std::string text = shortenPath(printable(place.text()), width);
  if (!site.function.empty()) {
    const std::size_t used = displayWidth(text);
    const std::size_t room = width > used + 16 ? width - used - 3 : 13;
    text = site.file.empty() ? cutToWidth(printable(site.function), width)
                             : text + " (" + cutToWidth(printable(site.function), room) + ")";
  }
  return text;
}

// What the finding costs, and whom: "costs 0.41 ms per step here", "would: only a GPU feels it".
std::string feltText(const Finding &finding) {
  const double ms = finding.hostTime.milliseconds();
  std::string text;
  if (finding.felt == Felt::kMeasured)
    text = ms > 0 ? "costs " + formatMilliseconds(ms) + " of each step here" : "measured here";
  else
    text = "would: only a GPU feels it" +
           (ms > 0 ? "; " + formatMilliseconds(ms) + " of host time" : std::string());
  if (finding.bytesPerStep > 0)
    text += ", " + formatBytes(static_cast<double>(finding.bytesPerStep)) + " per step";
  if (finding.device && finding.device->idle.count > 0)
    text += ", the device idle for " + formatMilliseconds(finding.device->idle.milliseconds()) +
            " of it";
  return text;
}

// "saves 1.20 ms (9.7 %) [0.9, 1.5], trust high": the first thing that a reader wants to know.
std::string gainText(const Gain &gain) {
  if (!gain.estimate) return {};
  const Gain::Estimate &estimate = *gain.estimate;
  std::string text = estimate.ms < 0 ? "loses " : "saves ";
  if (estimate.bound == "lower") text += "at least ";
  if (estimate.bound == "upper") text += "at most ";
  text += formatMilliseconds(std::abs(estimate.ms));
  if (estimate.share != 0) text += fmt::format(" ({:.1f} %)", 100 * std::abs(estimate.share));
  text += fmt::format(" [{:.3g}, {:.3g}] of a step, trust {}", estimate.lowMs, estimate.highMs,
                      estimate.trust);
  return text;
}

std::string findingText(const Finding &finding, std::size_t rank, const Style &style,
                        std::size_t width) {
  const std::string head = fmt::format("{:>2}  ", rank);
  const std::string rule = ruleName(finding);
  const std::size_t titleRoom = std::max<std::size_t>(width, head.size() + rule.size() + 22) -
                                head.size() - displayWidth(rule) - 2;
  std::string out =
      head + style.bold(rule) + "  " + cutToWidth(printable(finding.title), titleRoom) + "\n";
  const std::string gain = gainText(finding.gain);
  const std::string facts =
      formatCount(finding.perStep) + " per step, " + (gain.empty() ? feltText(finding) : gain);
  const std::size_t room = width > facts.size() + 26 ? width - facts.size() - 6 : 20;
  const std::string place = placeText(finding.site, room);
  const std::size_t left =
      std::max<std::size_t>(width, displayWidth(place) + 26) - displayWidth(place) - 6;
  out += "    " + style.place(place) + "  " + cutToWidth(facts, left) + "\n";
  out +=
      "    fix: " + cutToWidth(printable(finding.fix), std::max<std::size_t>(width, 40) - 9) + "\n";
  return out;
}

std::string notWorthLine(const std::vector<Finding> &findings, std::size_t width) {
  std::string line;
  for (std::size_t i = 0; i < findings.size() && i < kShownElsewhere; ++i)
    line += (i == 0 ? "" : ", ") + ruleName(findings[i]) + " " +
            placeText(Site{findings[i].site.file, findings[i].site.line, {}, {}}, 40);
  if (findings.size() > kShownElsewhere)
    line += fmt::format(", {} more", findings.size() - kShownElsewhere);
  return cutToWidth(line, width);
}

// One reason often holds for many rules: "no CUDA calls: HL102, HL105; another: HL203".
std::string notCheckedLine(const std::vector<UncheckedRule> &rules, std::size_t width) {
  std::vector<std::pair<std::string, std::string>> ofReason;
  for (const UncheckedRule &rule : rules) {
    const auto known = std::ranges::find_if(
        ofReason, [&](const auto &entry) { return entry.first == rule.reason; });
    if (known == ofReason.end())
      ofReason.emplace_back(rule.reason, rule.rule);
    else
      known->second += ", " + rule.rule;
  }
  std::string line;
  for (const auto &[reason, ids] : ofReason)
    line += (line.empty() ? "" : "; ") + ids + " (" + printable(reason) + ")";
  return cutToWidth(line, width);
}

void addBlock(std::string &out, const Style &style, const std::string &heading,
              const std::string &text, bool code) {
  if (text.empty()) return;
  out += style.bold(heading) + "\n";
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    if (code)
      out += "    " + printable(line) + "\n";
    else
      for (const std::string &part : wrapText(printable(line), kReadable - 2))
        out += "  " + part + "\n";
    begin = end + 1;
  }
}

} // namespace

std::string adviceText(const AdviceReport &report, std::size_t limit, const Style &style,
                       std::size_t width) {
  std::string out = reportHeader("advise", report.run, report.steps, report.quality, style, width);
  out += '\n';
  const std::size_t shown =
      limit == 0 ? report.findings.size() : std::min(limit, report.findings.size());
  for (std::size_t i = 0; i < shown; ++i)
    out += findingText(report.findings[i], i + 1, style, width);
  if (shown < report.findings.size())
    out +=
        style.dim(fmt::format("    {} more: --limit 0 shows all", report.findings.size() - shown)) +
        "\n";
  if (report.findings.empty())
    out += report.steps.steady > 0
               ? "Nothing found that holds the loop back.\n"
               : "No findings: rules look at steady steps, and this run has none.\n";
  if (!report.notWorth.empty())
    out += "\nchecked, not worth it: " +
           notWorthLine(report.notWorth, std::max<std::size_t>(width, 60) - 23) + "\n";
  if (!report.notChecked.empty())
    out += std::string(report.notWorth.empty() ? "\n" : "") + "cannot know: " +
           notCheckedLine(report.notChecked, std::max<std::size_t>(width, 60) - 13) + "\n";
  if (shown > 0)
    out += style.dim("more on one of them: hotloop advise " + printable(report.run.file) +
                     " --explain 1") +
           "\n";
  return out;
}

std::string explainText(const Finding &finding, int rank, const Style &style, std::size_t width) {
  std::string out = findingText(finding, static_cast<std::size_t>(rank), style, width);
  if (!finding.site.rangePath.empty())
    out += "    inside the ranges " + printable(finding.site.rangePath) + "\n";
  out += '\n';
  addBlock(out, style, "fix", finding.fix, false);
  addBlock(out, style, "before and after", finding.fixCode, true);
  addBlock(out, style, "why it may not pay", finding.mayNotPay, false);
  addBlock(out, style, "cost", feltText(finding), false);
  if (!finding.gain.estimate)
    addBlock(out, style, "gain",
             finding.gain.whyNone.empty() ? "not estimated"
                                          : "not estimated: " + finding.gain.whyNone,
             false);
  addBlock(out, style, "timeline", finding.picture, true);
  if (!finding.evidence.empty()) {
    ReportTable table{"evidence",
                      "evidence",
                      {{"table", "table", CellFormat::kText, true},
                       {"row", "row", CellFormat::kCount, true},
                       {"description", "what", CellFormat::kText, true}},
                      {},
                      0};
    for (const Evidence &row : finding.evidence)
      table.rows.push_back({row.table, row.row, row.description});
    out += tableText(table, style, width);
  }
  if (!finding.doc.empty())
    out += style.dim("read more: hotloop rules show " + finding.rule) + "\n";
  return out;
}

} // namespace hotloop
