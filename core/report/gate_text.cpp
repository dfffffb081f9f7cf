#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/report/gate_writers.h"
#include "core/report/number_format.h"
#include "core/report/text_layout.h"

namespace hotloop {

namespace {

std::string statusWord(GateStatus status, const Style &style) {
  switch (status) {
  case GateStatus::kOk: return "ok";
  case GateStatus::kImproved: return style.better("better");
  case GateStatus::kMoved: return "moved";
  case GateStatus::kAllowed: return "allowed";
  case GateStatus::kSkipped: return style.dim("skipped");
  case GateStatus::kWarn: return style.unsure("warn");
  case GateStatus::kInconclusive: return style.unsure("unsure");
  case GateStatus::kFail: return style.worse("FAIL");
  case GateStatus::kError: return style.worse("ERROR");
  }
  return {};
}

constexpr std::size_t kName = 34;
constexpr std::size_t kNumber = 12;

std::string head() {
  return std::string(kName, ' ') + padLeft("base", kNumber) + padLeft("now", kNumber) +
         padLeft("change", kNumber) + padLeft("limit", kNumber) + "\n";
}

std::string rowLine(const GateRow &row, const std::string &name, TimeUnit unit, const Style &style,
                    std::size_t width) {
  std::string line = padRight(cutToWidth(printable(name), kName - 1), kName) +
                     padLeft(gateValue(row.base, row.unit, unit), kNumber) +
                     padLeft(gateValue(row.now, row.unit, unit), kNumber) +
                     padLeft(gateChange(row), kNumber) + padLeft(row.limit, kNumber);
  std::string out = line + "  " + statusWord(row.status, style);
  if (row.provisional && row.status == GateStatus::kFail) out += " (provisional)";
  const std::size_t used = displayWidth(line) + 10;
  if (!row.message.empty() && row.status != GateStatus::kOk) {
    const std::string message = printable(row.message);
    if (used + 30 < width)
      out += "  " + cutToWidth(message, width - used);
    else
      out += "\n      " + cutToWidth(message, std::max<std::size_t>(width, 46) - 6);
  }
  return out + "\n";
}

std::string siteName(const GateRow &row) {
  return row.site.file.empty() ? "unknown site"
                               : shortenPath(printable(row.site.text()), kName - 3);
}

std::string percent(double ratio) { return fmt::format("{:+.1f}%", ratio * 100); }

std::string timesText(const GateReport &report, const Style &style) {
  if (report.times.empty()) return {};
  std::string out;
  for (const GateTime &time : report.times) {
    const bool decided = time.verdict == "pass" || time.verdict == "regression";
    std::string line = fmt::format(
        "  {:<12}{:>12}{:>12}{:>9}  [{} {}]", printable(gateTimeTitle(time)),
        formatMilliseconds(time.baseMs, report.unit), formatMilliseconds(time.nowMs, report.unit),
        decided || time.verdict == "advisory" ? percent(time.change) : "~", percent(time.low),
        percent(time.high));
    if (time.pairs > 0) line += fmt::format("  (p={:.2g} n={} pairs)", time.p, time.pairs);
    std::string word = time.verdict;
    if (time.verdict == "regression") word = style.worse("REGRESSION");
    if (time.verdict == "inconclusive") {
      word = style.unsure("inconclusive");
      if (time.morePairs > 0) word += fmt::format(": {} more pairs needed", time.morePairs);
    }
    out += line + "  " + word + "\n";
    if (time.smallestEffect > 0 && time.pairs > 0)
      out += fmt::format("              this many pairs can see {:.1f}% and more\n",
                         time.smallestEffect * 100);
  }
  return out;
}

std::string causesText(const GateReport &report, std::size_t limit, std::size_t width) {
  if (!report.stepDeltaMs || report.causes.empty()) return {};
  double sum = 0;
  for (const GateCause &cause : report.causes) sum += cause.deltaMs;
  const double whole = *report.stepDeltaMs;
  const std::string_view unit = timeUnitName(report.unit);
  std::string out = fmt::format("why   {} {} a step (mean), accounted {:.1f} %\n",
                                formatFine(whole, report.unit, true), unit,
                                std::fabs(whole) < 1e-9 ? 100.0 : 100 * sum / whole);
  std::size_t shown = 0;
  double rest = 0;
  std::size_t hidden = 0;
  for (const GateCause &cause : report.causes) {
    if (shown >= limit) {
      rest += cause.deltaMs;
      ++hidden;
      continue;
    }
    ++shown;
    std::string what = cause.category;
    if (!cause.family.empty())
      what += " " + cause.family;
    else if (!cause.opPath.empty())
      what += " " + cause.opPath;
    if (!cause.site.file.empty()) what += "  " + cause.site.text();
    if (!cause.phase.empty()) what += "  in " + cause.phase;
    const std::string numbers = fmt::format("{:>6.0f} %  {:>9} {}  ", cause.share * 100,
                                            formatFine(cause.deltaMs, report.unit, true), unit);
    out += numbers +
           cutToWidth(printable(what), std::max<std::size_t>(width, 60) - numbers.size()) + "\n";
  }
  if (hidden > 0)
    out += fmt::format("          {:>9} {}  {} more\n", formatFine(rest, report.unit, true), unit,
                       hidden);
  return out;
}

} // namespace

std::string gateValue(const std::optional<double> &value, GateUnit unit, TimeUnit time) {
  if (!value || unit == GateUnit::kNone) return value ? formatCount(*value) : "-";
  if (unit == GateUnit::kBytes) return formatBytes(*value);
  if (unit == GateUnit::kMilliseconds) return formatMilliseconds(*value, time);
  return formatCount(*value);
}

std::string gateChange(const GateRow &row) {
  if (!row.base || !row.now) return "";
  const double change = *row.now - *row.base;
  if (std::fabs(change) < 1e-9) return ".";
  if (row.unit == GateUnit::kBytes)
    return (change > 0 ? "+" : "-") + formatBytes(std::fabs(change));
  if (row.unit == GateUnit::kMilliseconds && *row.base > 0)
    return fmt::format("{:+.1f} %", 100 * change / *row.base);
  return formatSigned(change);
}

std::string gateRowTitle(const GateRow &row) {
  std::string title = row.counter;
  std::ranges::replace(title, '_', ' ');
  if (title.empty()) title = "run";
  return title;
}

std::string gateText(const GateReport &report, std::size_t limit, const Style &style,
                     std::size_t width) {
  std::string out = style.bold("hotloop " + report.command) + "  " + printable(report.run.file);
  std::string about = report.deviceClass;
  if (!report.commit.empty())
    about = report.commit.substr(0, 9) + (about.empty() ? "" : ", " + about);
  if (!about.empty()) out += " (" + about + ")";
  if (!report.baseline.empty()) out += "  vs  " + printable(report.baseline);
  out += "\n";
  const std::size_t readable = std::min<std::size_t>(width, 100);
  for (const std::string &note : report.notes)
    for (const std::string &line : wrapText("note: " + printable(note), readable))
      out += line + "\n";
  for (const QualityNote &note : report.quality)
    if (note.severity != "info")
      for (const std::string &line :
           wrapText(note.severity + ": " + printable(note.message), readable))
        out += line + "\n";
  const auto of = [&](std::string_view level) {
    std::vector<const GateRow *> rows;
    for (const GateRow &row : report.rows)
      if (row.level == level) rows.push_back(&row);
    return rows;
  };
  for (const GateRow *row : of("run"))
    for (const std::string &line :
         wrapText(row->verdict + " " + printable(row->message), readable - 8))
      out += statusWord(row->status, style) + "  " + line + "\n";
  const auto steps = of("step");
  if (!steps.empty()) {
    out += "\n" + style.bold("counters per step (exact)") + "\n" + head();
    for (const GateRow *row : steps)
      out += rowLine(*row, "  " + gateRowTitle(*row), report.unit, style, width);
  }
  std::size_t hidden = 0, shown = 0;
  for (const char *level : {"phase", "site"}) {
    const auto rows = of(level);
    if (rows.empty()) continue;
    out += "\n" + style.bold(std::string("by ") + level) + "\n";
    for (const GateRow *row : rows) {
      if (limit != 0 && shown >= limit) {
        ++hidden;
        continue;
      }
      ++shown;
      const std::string name =
          *level == 'p' ? "  " + (row->phase.empty() ? "outside of phases" : row->phase) + ": " +
                              gateRowTitle(*row)
                        : "  " + siteName(*row);
      GateRow copy = *row;
      if (*level == 's')
        copy.message = gateRowTitle(*row) + (row->phase.empty() ? "" : " in " + row->phase) +
                       (row->message.empty() ? "" : ": " + row->message);
      out += rowLine(copy, name, report.unit, style, width);
    }
  }
  if (hidden > 0) out += fmt::format("  and {} more (--limit 0 shows all)\n", hidden);
  if (const auto budgets = of("budget"); !budgets.empty()) {
    out += "\n" + style.bold("budgets") + "\n";
    for (const GateRow *row : budgets)
      out += rowLine(*row,
                     "  " + gateRowTitle(*row) +
                         (row->kernel.empty() ? "" : " of kernels " + row->kernel) +
                         (row->phase.empty() ? "" : " in " + row->phase),
                     report.unit, style, width);
  }
  if (const std::string times = timesText(report, style); !times.empty())
    out += "\n" + style.bold("time") + "\n" + times;
  for (const GateRow *row : of("time"))
    if (!row->message.empty())
      out += "  " + statusWord(row->status, style) + "  " + printable(row->message) + "\n";
  if (const std::string causes = causesText(report, limit == 0 ? 1'000'000 : limit, width);
      !causes.empty())
    out += "\n" + causes;
  const std::size_t failed = report.count(GateStatus::kFail);
  const std::size_t errors = report.count(GateStatus::kError);
  out += "\n";
  if (errors > 0)
    out += style.worse(fmt::format("not decided: {}", report.exit.reason));
  else if (failed > 0)
    out += style.worse(fmt::format("{} failed", failed)) +
           fmt::format(", {} ok", report.count(GateStatus::kOk));
  else
    out += style.better("passed") + fmt::format(": {} ok", report.count(GateStatus::kOk));
  for (const GateStatus status :
       {GateStatus::kImproved, GateStatus::kMoved, GateStatus::kAllowed, GateStatus::kWarn,
        GateStatus::kInconclusive, GateStatus::kSkipped})
    if (const std::size_t count = report.count(status); count > 0)
      out += fmt::format(", {} {}", count, gateStatusName(status));
  if (report.provisional) out += "; provisional: learned from fewer than 3 runs";
  out += "\n";
  if (!report.next.empty()) out += "next: " + report.next + "\n";
  return out;
}

} // namespace hotloop
