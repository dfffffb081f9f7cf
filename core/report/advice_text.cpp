#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/report/number_format.h"
#include "core/report/report_text.h"
#include "core/report/text_layout.h"

namespace hotloop {

namespace {

constexpr std::size_t kReadable = 100;
constexpr std::size_t kShownElsewhere = 6; // rules named in the "not worth it" line
constexpr std::size_t kIdsShown = 8;       // rules named with one reason

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

// Where there is no line of the program: the ranges around it, or the first record of it.
std::string whereText(const Finding &finding, std::size_t width) {
  if (!finding.site.file.empty() || !finding.site.function.empty())
    return placeText(finding.site, width);
  if (!finding.site.rangePath.empty())
    return cutToWidth("in " + printable(finding.site.rangePath), width);
  if (finding.evidence.empty()) return placeText(finding.site, width);
  const std::string &first = finding.evidence.front().description;
  const std::size_t end = std::min(first.find(" at step "), first.find(','));
  return "no line recorded; first " + cutToWidth(printable(first.substr(0, end)), 40);
}

// What it costs, and whom: "0.41 ms of host time", "would: only a GPU feels it".
std::string feltText(const Finding &finding) {
  std::string text;
  const auto add = [&](const std::string &part) { text += (text.empty() ? "" : ", ") + part; };
  if (finding.felt == Felt::kWould) add("would: only a GPU feels it");
  if (finding.hostTime.count > 0)
    add(formatMilliseconds(finding.hostTime.milliseconds()) + " of host time");
  if (finding.deviceTime.count > 0)
    add(formatMilliseconds(finding.deviceTime.milliseconds()) + " of device time");
  if (finding.device && finding.device->idle.count > 0)
    add("the device idle for " + formatMilliseconds(finding.device->idle.milliseconds()));
  if (finding.bytesPerStep > 0) add(formatBytes(static_cast<double>(finding.bytesPerStep)));
  return text;
}

// "saves 1.20 ms (9.7 %) [0.9, 1.5], trust high": the first thing that a reader wants to know.
std::string gainText(const Gain &gain) {
  if (!gain.estimate) return {};
  return (gain.estimate->ms < 0 ? "loses " : "saves ") + gainFigures(*gain.estimate) + ", trust " +
         gain.estimate->trust;
}

// Behind the place: what a fix gives, or else what is known instead of it.
std::string factsText(const Finding &finding) {
  const std::string count = formatCount(finding.perStep) + " per step, ";
  if (finding.gain.estimate) return count + gainText(finding.gain);
  std::string text = feltText(finding);
  const std::string &why = finding.gain.whyNone;
  if (finding.gain.mostMs)
    text += "; saves at most " + formatMilliseconds(*finding.gain.mostMs);
  else if (finding.felt == Felt::kMeasured && why.find("no device records") == why.npos)
    text += (text.empty() ? "gain not known: " : "; gain not known: ") + printable(why);
  return count + text;
}

std::string findingText(const Finding &finding, std::size_t rank, const Style &style,
                        std::size_t width) {
  const std::string head = fmt::format("{:>2}  ", rank);
  const std::string rule = ruleName(finding);
  const std::size_t titleRoom = std::max<std::size_t>(width, head.size() + rule.size() + 22) -
                                head.size() - displayWidth(rule) - 2;
  std::string out =
      head + style.bold(rule) + "  " + cutToWidth(printable(finding.title), titleRoom) + "\n";
  const std::string facts = factsText(finding);
  const std::size_t room = width > facts.size() + 26 ? width - facts.size() - 6 : width / 3;
  const std::string place = whereText(finding, std::max<std::size_t>(room, 20));
  const std::size_t left =
      std::max<std::size_t>(width, displayWidth(place) + 26) - displayWidth(place) - 6;
  out += "    " + style.place(place) + "  " + cutToWidth(facts, left) + "\n";
  out +=
      "    fix: " + cutToWidth(printable(finding.fix), std::max<std::size_t>(width, 40) - 9) + "\n";
  return out;
}

// "HL105 to_host train.py:12 saves 0.01 ms": places of one rule stand together.
std::string notWorthLine(const std::vector<Finding> &findings, std::size_t width) {
  std::vector<std::pair<std::string, std::vector<const Finding *>>> ofRule;
  for (const Finding &finding : findings) {
    const std::string name = ruleName(finding);
    const auto known =
        std::ranges::find_if(ofRule, [&](const auto &entry) { return entry.first == name; });
    if (known == ofRule.end())
      ofRule.push_back({name, {&finding}});
    else
      known->second.push_back(&finding);
  }
  std::string line;
  for (std::size_t i = 0; i < ofRule.size() && i < kShownElsewhere; ++i) {
    const auto &[name, own] = ofRule[i];
    const Finding &first = *own.front();
    line += (i == 0 ? "" : ", ") + name;
    if (own.size() > 1)
      line += fmt::format(" at {} places", own.size());
    else if (!first.site.file.empty())
      line += " " + placeText(Site{first.site.file, first.site.line, {}, {}}, 40);
    double ms = 0;
    bool all = true;
    for (const Finding *finding : own) {
      all = all && finding->gain.estimate.has_value();
      if (finding->gain.estimate) ms += finding->gain.estimate->ms;
    }
    if (all && own.size() == 1)
      line += (ms < 0 ? " loses " : " saves ") + formatMilliseconds(std::abs(ms));
  }
  if (ofRule.size() > kShownElsewhere)
    line += fmt::format(", {} more", ofRule.size() - kShownElsewhere);
  return cutToWidth(line, width);
}

// "The run has no CUDA calls." -> "no CUDA calls": there is one line for all reasons.
std::string shortReason(const std::string &reason) {
  std::string text = printable(reason);
  for (const std::string_view start : {"The run has ", "The run carries ", "The run's "})
    if (text.starts_with(start)) text.erase(0, start.size());
  if (text.ends_with('.')) text.pop_back();
  return text;
}

// What this run cannot resolve, then why rules could not be asked; one reason often holds for many:
// "no CUDA calls: HL102, HL105; another: HL203".
std::string cannotKnowLine(const AdviceReport &report, std::size_t width) {
  std::string line;
  for (const Finding &finding : report.unresolved) {
    line += (line.empty() ? "less than this run resolves: " : ", ") + ruleName(finding);
    if (finding.gain.estimate) line += " " + gainFigures(*finding.gain.estimate);
    if (finding.gain.mostMs) line += " at most " + formatMilliseconds(*finding.gain.mostMs);
  }
  std::vector<std::pair<std::string, std::vector<std::string>>> ofReason;
  for (const UncheckedRule &rule : report.notChecked) {
    if (rule.reason == kSwitchedOff) continue; // the reader asked for that
    const auto known = std::ranges::find_if(
        ofReason, [&](const auto &entry) { return entry.first == rule.reason; });
    if (known == ofReason.end())
      ofReason.push_back({rule.reason, {rule.rule}});
    else
      known->second.push_back(rule.rule);
  }
  for (const auto &[reason, ids] : ofReason) {
    line += (line.empty() ? "" : "; ") + shortReason(reason) + ": ";
    for (std::size_t i = 0; i < ids.size() && i < kIdsShown; ++i)
      line += (i == 0 ? "" : ", ") + ids[i];
    if (ids.size() > kIdsShown) line += fmt::format(" and {} more", ids.size() - kIdsShown);
  }
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

std::string gainFigures(const Gain::Estimate &estimate) {
  std::string text = formatMilliseconds(std::abs(estimate.ms));
  if (estimate.share != 0) text += fmt::format(" ({:.1f} %)", 100 * std::abs(estimate.share));
  text += fmt::format(" [{:.3g}, {:.3g}]", estimate.lowMs, estimate.highMs);
  if (estimate.bound == "lower") text += " or more";
  if (estimate.bound == "upper") text += " or less";
  return text;
}

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
  if (report.plan)
    if (const std::string plan = planText(*report.plan, style, width); !plan.empty())
      out += "\n" + plan;
  if (!report.notWorth.empty())
    out += "\nchecked, not worth it: " +
           notWorthLine(report.notWorth, std::max<std::size_t>(width, 60) - 23) + "\n";
  if (const std::string line = cannotKnowLine(report, std::max<std::size_t>(width, 60) - 13);
      !line.empty())
    out += std::string(report.notWorth.empty() ? "\n" : "") + "cannot know: " + line + "\n";
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
  if (finding.gain.estimate) {
    addBlock(out, style, "gain", gainText(finding.gain), false);
  } else {
    std::string none = "not known: " + finding.gain.whyNone;
    if (finding.gain.mostMs)
      none += " At most " + formatMilliseconds(*finding.gain.mostMs) +
              ", for then all of it would be gone.";
    addBlock(out, style, "gain", none, false);
  }
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
