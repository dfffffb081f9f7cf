#include "cli/diff/diff_writer.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/report/number_format.h"
#include "core/report/text_layout.h"

namespace hotloop::cli {

namespace {

constexpr const char *kNoVerdict = "one run each, so no verdict on time";

std::string amount(double value, bool bytes) {
  return bytes ? formatBytes(value) : formatCount(value);
}

std::string changeText(double before, double after, bool bytes) {
  if (before == after) return ".";
  const double difference = after - before;
  const std::string size =
      bytes ? formatBytes(std::abs(difference)) : formatCount(std::abs(difference));
  return (difference > 0 ? "+" : "-") + size;
}

const char *direction(double before, double after) {
  return before == after ? "same" : after < before ? "better" : "worse";
}

bool isBytes(const std::string &counter) { return counter == "allocated_bytes"; }

std::string siteText(const SiteChange &change) {
  std::string text = change.site.text();
  if (change.movedFrom.line != 0) text += fmt::format(" (was line {})", change.movedFrom.line);
  return text;
}

std::string timeLine(const LoadedProfile &before, const LoadedProfile &after, TimeUnit unit) {
  const double a = before.steps.durationMs, b = after.steps.durationMs;
  if (a <= 0 || b <= 0) return {};
  return fmt::format("step time {} -> {} ({}; {})", formatMilliseconds(a, unit),
                     formatMilliseconds(b, unit), formatChange(a, b), kNoVerdict);
}

std::string colored(const Style &style, const std::string &line) {
  if (line.find("  worse") != std::string::npos) return style.worse(line);
  if (line.find("  better") != std::string::npos) return style.better(line);
  return line;
}

// Every line of a rendered table in the colour of its verdict.
std::string coloredTable(const ReportTable &table, const Style &style, std::size_t width) {
  std::string text = tableText(table, Style(false), width), out;
  if (!style.enabled()) return text;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out += colored(style, text.substr(begin, end - begin)) + "\n";
    begin = end + 1;
  }
  return out;
}

std::string facts(const RunDiff &diff, const LoadedProfile &before, const LoadedProfile &after) {
  std::string out;
  for (const ConditionChange &change : diff.conditions)
    out += fmt::format("not the same {}: {} / {}\n", change.name,
                       change.before.empty() ? "unknown" : printable(change.before),
                       change.after.empty() ? "unknown" : printable(change.after));
  for (const LoadedProfile *run : {&before, &after})
    for (const QualityNote &note : run->quality)
      if (note.severity != "info")
        out +=
            fmt::format("{}: {}: {}\n", note.severity == "data_loss" ? "data loss" : note.severity,
                        printable(run->run.file), printable(note.message));
  return out;
}

} // namespace

ReportExit diffExit(const RunDiff &diff, bool exitCodeWanted) {
  if (!diff.comparable()) return {kExitNothing, "not-comparable"};
  if (!diff.differs()) return {kExitOk, "same"};
  return {exitCodeWanted ? kExitDiffers : kExitOk, "differs"};
}

ReportTable diffCounterTable(const RunDiff &diff) {
  ReportTable table{"counters",
                    "per steady step",
                    {{"counter", "counter", CellFormat::kText, true},
                     {"a", "A", CellFormat::kFigure, true},
                     {"b", "B", CellFormat::kFigure, true},
                     {"change", "change", CellFormat::kFigure, true},
                     {"verdict", "", CellFormat::kText, true}},
                    {},
                    0};
  for (const CounterChange &change : diff.counters) {
    auto cell = [&](const std::optional<double> &value) {
      return ReportCell{value ? amount(*value, change.bytes) : std::string("-")};
    };
    table.rows.push_back(
        {change.title, cell(change.before), cell(change.after),
         change.comparable() ? changeText(*change.before, *change.after, change.bytes)
                             : std::string("-"),
         change.comparable() ? std::string(direction(*change.before, *change.after))
                             : "not compared: " + change.whyNot});
  }
  return table;
}

ReportTable diffSiteTable(const RunDiff &diff) {
  ReportTable table{"sites",
                    "where, per steady step",
                    {{"counter", "counter", CellFormat::kText, true},
                     {"a", "A", CellFormat::kFigure, true},
                     {"b", "B", CellFormat::kFigure, true},
                     {"change", "change", CellFormat::kFigure, true},
                     {"verdict", "", CellFormat::kText, true},
                     {"site", "site", CellFormat::kPath, true}},
                    {},
                    0};
  for (const SiteChange &change : diff.sites) {
    const bool bytes = isBytes(change.counter);
    table.rows.push_back({change.counter, amount(change.before, bytes), amount(change.after, bytes),
                          changeText(change.before, change.after, bytes),
                          std::string(direction(change.before, change.after)), siteText(change)});
  }
  return table;
}

ReportTable diffOwnerTable(const TimeComparison &time, std::size_t limit, TimeUnit unit) {
  const std::string name(timeUnitName(unit));
  ReportTable table{"owners",
                    "where the step's time went (means; every row adds up)",
                    {{"owner", "owner", CellFormat::kText, true},
                     {"site", "site", CellFormat::kPath, true},
                     {"a_ms", "A " + name, CellFormat::kFigure, true},
                     {"b_ms", "B " + name, CellFormat::kFigure, true},
                     {"delta_ms", "change", CellFormat::kFigure, true},
                     {"count_ms", "count", CellFormat::kFigure, true},
                     {"unit_ms", "unit", CellFormat::kFigure, true},
                     {"exposure_ms", "exposure", CellFormat::kFigure, true},
                     {"matched", "", CellFormat::kText, true}},
                    {},
                    0};
  const auto plain = [&](double ms) { return formatFine(ms, unit, false); };
  const auto change = [&](double ms) { return formatFine(ms, unit, true); };
  const auto add = [&](const std::string &what, const std::string &site, const OwnerDelta &owner) {
    table.rows.push_back({what, site, plain(owner.aMs), plain(owner.bMs), change(owner.deltaMs()),
                          change(owner.countMs), change(owner.unitMs), change(owner.exposureMs),
                          owner.matched == "exact" ? std::string() : owner.matched});
  };
  OwnerDelta rest, all;
  std::size_t hidden = 0;
  const auto sum = [](OwnerDelta &into, const OwnerDelta &what) {
    into.aMs += what.aMs;
    into.bMs += what.bMs;
    into.countMs += what.countMs;
    into.unitMs += what.unitMs;
    into.exposureMs += what.exposureMs;
  };
  for (const OwnerDelta &owner : time.owners) {
    sum(all, owner);
    if (limit != 0 && table.rows.size() >= limit) {
      sum(rest, owner);
      ++hidden;
      continue;
    }
    std::string what = owner.category;
    if (!owner.family.empty())
      what += " " + owner.family;
    else if (!owner.opPath.empty())
      what += " " + owner.opPath;
    if (!owner.phase.empty()) what += " in " + owner.phase;
    add(what, owner.site.file.empty() ? std::string() : owner.site.text(), owner);
  }
  if (hidden > 0) add(fmt::format("{} more", hidden), "", rest);
  if (!table.rows.empty()) add("the mean step", "", all);
  return table;
}

std::string diffText(const RunDiff &diff, const LoadedProfile &before, const LoadedProfile &after,
                     std::size_t limit, const Style &style, std::size_t width, TimeUnit unit) {
  std::string out = style.bold("hotloop diff") + "  A " + printable(before.run.file) + " (" +
                    std::to_string(before.steps.steady) + " steady steps)  B " +
                    printable(after.run.file) + " (" + std::to_string(after.steps.steady) + ")\n";
  out += facts(diff, before, after);
  if (!diff.comparable()) out += "not comparable: " + printable(diff.whyNot) + "\n";
  if (diff.counters.empty()) return out;
  out += "\n" + coloredTable(diffCounterTable(diff), style, width);
  if (const std::string line = timeLine(before, after, unit); !line.empty())
    out += "\n" + line + "\n";
  if (!diff.sites.empty()) {
    ReportTable sites = diffSiteTable(diff);
    limitRows(sites, limit);
    out += "\n" + coloredTable(sites, style, width);
  }
  for (const std::string &note : diff.time.notes) out += "\nnot comparable: " + note + "\n";
  if (!diff.time.owners.empty())
    out += "\n" + tableText(diffOwnerTable(diff.time, limit, unit), style, width);
  if (!diff.differs() && diff.comparable()) out += "\nno counter differs\n";
  return out;
}

std::string diffMarkdown(const RunDiff &diff, const LoadedProfile &before,
                         const LoadedProfile &after, std::size_t limit, TimeUnit unit) {
  std::string out = fmt::format("# hotloop diff\n\nA: {}, B: {}\n\n", markdownCell(before.run.file),
                                markdownCell(after.run.file));
  const std::string conditions = facts(diff, before, after);
  std::size_t begin = 0;
  while (begin < conditions.size()) {
    const std::size_t end = conditions.find('\n', begin);
    out += "> " + markdownCell(conditions.substr(begin, end - begin)) + "\n\n";
    begin = end + 1;
  }
  if (!diff.comparable()) out += "not comparable: " + markdownCell(diff.whyNot) + "\n\n";
  if (diff.counters.empty()) return out;
  out += tableMarkdown(diffCounterTable(diff));
  if (const std::string line = timeLine(before, after, unit); !line.empty())
    out += "\n" + line + "\n";
  if (!diff.sites.empty()) {
    ReportTable sites = diffSiteTable(diff);
    limitRows(sites, limit);
    out += "\n" + tableMarkdown(sites);
  }
  for (const std::string &note : diff.time.notes) out += "\n> " + markdownCell(note) + "\n";
  if (!diff.time.owners.empty())
    out += "\n" + tableMarkdown(diffOwnerTable(diff.time, limit, unit));
  return out;
}

} // namespace hotloop::cli
