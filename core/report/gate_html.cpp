#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/report/gate_writers.h"
#include "core/report/number_format.h"
#include "core/report/text_layout.h"

namespace hotloop {

namespace {

std::string html(const std::string &text) {
  std::string out;
  for (const char c : printable(text)) switch (c) {
    case '&': out += "&amp;"; break;
    case '<': out += "&lt;"; break;
    case '>': out += "&gt;"; break;
    case '"': out += "&quot;"; break;
    default: out += c;
    }
  return out;
}

// Signs carry the meaning; colour only repeats it.
std::string sign(GateStatus status) {
  switch (status) {
  case GateStatus::kFail: return "✖ fail";
  case GateStatus::kError: return "⚠ error";
  case GateStatus::kWarn: return "△ warn";
  case GateStatus::kInconclusive: return "? inconclusive";
  case GateStatus::kImproved: return "▼ less";
  case GateStatus::kMoved: return "→ moved";
  case GateStatus::kAllowed: return "○ allowed";
  case GateStatus::kSkipped: return "– skipped";
  case GateStatus::kOk: return "✔ ok";
  }
  return {};
}

constexpr const char *kStyle = R"(
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}
th,td{padding:.25rem .6rem;border-bottom:1px solid #8884;text-align:left;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.p{overflow-wrap:anywhere}
tr.fail td.s,tr.error td.s,p.fail{font-weight:bold}
tr.fail td.s,tr.error td.s{color:#b3261e}tr.improved td.s{color:#1b6e3a}tr.warn td.s{color:#7a5b00}
@media(prefers-color-scheme:dark){tr.fail td.s,tr.error td.s{color:#ff8a80}tr.improved td.s{color:#81c995}tr.warn td.s{color:#fdd663}}
svg{display:block;max-width:100%;height:auto;margin:.5rem 0}svg text{fill:currentColor;font:13px system-ui,sans-serif}
)";

std::string rowHtml(const GateRow &row, TimeUnit unit) {
  std::string name = gateRowTitle(row);
  if (!row.kernel.empty()) name += " of kernels " + row.kernel;
  if (row.level == "phase" || row.level == "budget")
    name += row.phase.empty() ? "" : " in " + row.phase;
  if (row.level == "site")
    name += " at " + (row.site.file.empty() ? "an unknown site" : row.site.text()) +
            (row.phase.empty() ? "" : " in " + row.phase);
  return fmt::format("<tr class=\"{}\"><td class=\"p\">{}</td><td class=\"n\">{}</td><td "
                     "class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td "
                     "class=\"s\">{}</td><td class=\"p\">{}</td></tr>\n",
                     gateStatusName(row.status), html(name),
                     html(gateValue(row.base, row.unit, unit)),
                     html(gateValue(row.now, row.unit, unit)), html(gateChange(row)),
                     html(row.limit), sign(row.status), html(row.message));
}

std::string tableOf(const GateReport &report, const char *level, const char *title) {
  std::string rows;
  std::size_t shown = 0, hidden = 0;
  constexpr std::size_t kMost = 2000; // a page that a browser still opens
  for (const GateRow &row : report.rows) {
    if (row.level != level) continue;
    if (shown == kMost) {
      ++hidden;
      continue;
    }
    ++shown;
    rows += rowHtml(row, report.unit);
  }
  if (rows.empty()) return {};
  if (hidden > 0) rows += fmt::format("<tr><td colspan=\"7\">and {} more</td></tr>\n", hidden);
  return fmt::format(
      "<h2>{}</h2>\n<table><thead><tr><th>per step</th><th class=\"n\">base</th><th "
      "class=\"n\">now</th><th class=\"n\">change</th><th class=\"n\">limit</th><th></th>"
      "<th></th></tr></thead><tbody>\n{}</tbody></table>\n",
      title, rows);
}

// Bars to both sides of zero: hatched to the right (slower), plain to the left (faster).
std::string causeChart(const GateReport &report) {
  if (report.causes.empty() || !report.stepDeltaMs) return {};
  constexpr std::size_t kBars = 12;
  const std::string_view unit = timeUnitName(report.unit);
  constexpr double kLabel = 420, kWidth = 900, kBar = 20, kGap = 8;
  const std::size_t bars = std::min(report.causes.size(), kBars);
  double most = 0;
  for (std::size_t i = 0; i < bars; ++i) most = std::max(most, std::fabs(report.causes[i].deltaMs));
  const double zero = kLabel + (kWidth - kLabel) / 2, scale = (kWidth - kLabel) / 2 - 70;
  const double height = static_cast<double>(bars) * (kBar + kGap) + kGap;
  std::string out = fmt::format("<h2>Why the mean step changed by {} {}</h2>\n<svg "
                                "viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" "
                                "aria-label=\"Change of the step by owner\">\n<defs><pattern "
                                "id=\"h\" width=\"6\" height=\"6\" "
                                "patternUnits=\"userSpaceOnUse\" "
                                "patternTransform=\"rotate(45)\"><rect width=\"6\" height=\"6\" "
                                "fill=\"#b3261e\" fill-opacity=\".35\"/><line x1=\"0\" y1=\"0\" "
                                "x2=\"0\" y2=\"6\" stroke=\"#b3261e\" "
                                "stroke-width=\"3\"/></pattern></defs>\n<line x1=\"{:.0f}\" "
                                "x2=\"{:.0f}\" y1=\"0\" y2=\"{:.0f}\" "
                                "stroke=\"currentColor\"/>\n",
                                formatFine(*report.stepDeltaMs, report.unit, true), unit, kWidth,
                                height, zero, zero, height);
  for (std::size_t i = 0; i < bars; ++i) {
    const GateCause &cause = report.causes[i];
    const double y = kGap + static_cast<double>(i) * (kBar + kGap);
    const double length = most > 0 ? std::fabs(cause.deltaMs) / most * scale : 0;
    const bool slower = cause.deltaMs >= 0;
    std::string name = cause.category + " " + (cause.family.empty() ? cause.opPath : cause.family);
    if (!cause.site.file.empty()) name += " " + shortenPath(cause.site.text(), 30);
    out += fmt::format(
        "<text x=\"{:.0f}\" y=\"{:.0f}\" text-anchor=\"end\">{}</text><rect x=\"{:.1f}\" "
        "y=\"{:.0f}\" width=\"{:.1f}\" height=\"{:.0f}\" fill=\"{}\" "
        "stroke=\"currentColor\"/><text x=\"{:.1f}\" y=\"{:.0f}\" text-anchor=\"{}\">{}"
        " {}</text>\n",
        kLabel - 8, y + 15, html(cutToWidth(name, 56)), slower ? zero : zero - length, y, length,
        kBar, slower ? "url(#h)" : "#1b6e3a", slower ? zero + length + 6 : zero - length - 6,
        y + 15, slower ? "start" : "end", formatFine(cause.deltaMs, report.unit, true), unit);
  }
  return out + "</svg>\n<p>Hatched bars to the right make the step slower, plain bars to the left "
               "faster.</p>\n";
}

// The ratio of every pair as a dot on a line, with the interval and the limit.
std::string pairChart(const GateTime &time, const std::vector<double> &logs) {
  if (logs.empty()) return {};
  double most = std::max({std::fabs(time.low), std::fabs(time.high), time.effect, 0.01});
  for (const double log : logs) most = std::max(most, std::fabs(std::expm1(log)));
  most = std::min(most, 1.0);
  constexpr double kWidth = 900, kHeight = 90;
  const auto x = [&](double ratio) {
    return kWidth / 2 + std::clamp(ratio / most, -1.0, 1.0) * (kWidth / 2 - 60);
  };
  std::string out = fmt::format(
      "<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{} of {} pairs\">\n<line "
      "x1=\"40\" "
      "x2=\"{:.0f}\" y1=\"40\" y2=\"40\" stroke=\"currentColor\" stroke-opacity=\".4\"/>\n<line "
      "x1=\"{:.1f}\" "
      "x2=\"{:.1f}\" y1=\"15\" y2=\"65\" stroke=\"currentColor\"/><text x=\"{:.1f}\" y=\"82\" "
      "text-anchor=\"middle\">0 %</text>\n<line x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"15\" y2=\"65\" "
      "stroke=\"currentColor\" stroke-dasharray=\"4 3\"/><text x=\"{:.1f}\" y=\"82\" "
      "text-anchor=\"middle\">{:+.1f} %</text>\n",
      kWidth, kHeight, html(time.metric), logs.size(), kWidth - 40, x(0), x(0), x(0),
      x(time.effect), x(time.effect), x(time.effect), time.effect * 100);
  for (const double log : logs)
    out += fmt::format(
        "<circle cx=\"{:.1f}\" cy=\"40\" r=\"4\" fill=\"none\" stroke=\"currentColor\"/>\n",
        x(std::expm1(log)));
  return out + fmt::format(
                   "<line x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"25\" y2=\"25\" stroke=\"currentColor\" "
                   "stroke-width=\"3\"/>\n</svg>\n",
                   x(time.low), x(time.high));
}

std::string timesHtml(const GateReport &report) {
  if (report.times.empty()) return {};
  std::string out = "<h2>Time</h2>\n";
  for (std::size_t i = 0; i < report.times.size(); ++i) {
    const GateTime &time = report.times[i];
    out += fmt::format(
        "<p><b>{}</b> {} → {}: {:+.2f} % [{:+.2f}, {:+.2f}], {} pairs, p = {:.3g}: <b>{}</b></p>\n",
        html(gateTimeTitle(time)), html(formatMilliseconds(time.baseMs, report.unit)),
        html(formatMilliseconds(time.nowMs, report.unit)), time.change * 100, time.low * 100,
        time.high * 100, time.pairs, time.p, html(time.verdict));
    if (i < report.pairs.size()) out += pairChart(time, report.pairs[i]);
  }
  return out + "<p>Each circle is a pair of runs; the bar is the interval, the dashed line the "
               "effect to catch.</p>\n";
}

} // namespace

std::string gateHtml(const GateReport &report) {
  const std::string verdict = report.exit.code == 0   ? "passed"
                              : report.exit.code == 1 ? "failed"
                              : report.exit.code == 4 ? "inconclusive"
                                                      : "not decided";
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>hotloop {}: "
      "{}</title><style>{}</style></head><body>\n<h1>hotloop "
      "{}: {} (exit {}, {})</h1>\n<p>{}{}{}</p>\n",
      html(report.command), verdict, kStyle, html(report.command), verdict, report.exit.code,
      html(report.exit.reason), html(report.run.file),
      report.deviceClass.empty() ? "" : " on " + html(report.deviceClass),
      report.baseline.empty() ? "" : " against " + html(report.baseline));
  for (const GateRow &row : report.rows)
    if (row.level == "run")
      out += fmt::format("<p class=\"{}\">{} {}: {}</p>\n", gateStatusName(row.status),
                         sign(row.status), html(row.verdict), html(row.message));
  for (const std::string &note : report.notes) out += "<p>Note: " + html(note) + "</p>\n";
  out += tableOf(report, "step", "Counters of the step");
  out += tableOf(report, "phase", "By phase");
  out += tableOf(report, "site", "By site");
  out += tableOf(report, "budget", "Budgets");
  out += timesHtml(report);
  out += causeChart(report);
  if (!report.next.empty()) out += "<p>Next: <code>" + html(report.next) + "</code></p>\n";
  return out + "</body></html>\n";
}

} // namespace hotloop
