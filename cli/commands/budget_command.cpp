#include "cli/commands/budget_command.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <regex>
#include <set>

#include <fmt/format.h>

#include "analyzers/gate/counter_check.h"
#include "cli/arguments/common_flags.h"
#include "cli/gate/calibration.h"
#include "cli/gate/check_session.h"
#include "cli/gate/text_file.h"
#include "cli/run_source.h"
#include "core/report/gate_writers.h"
#include "core/report/report_table.h"

namespace hotloop::cli {

namespace {

constexpr double kSlack = 1.25; // limits at first; tightened later

double meanOf(const CounterSeries &series) {
  double sum = 0;
  for (const std::int64_t value : series.values) sum += static_cast<double>(value);
  return series.values.empty() ? 0 : sum / static_cast<double>(series.values.size());
}

std::string aliasOf(const std::string &counter) {
  for (const std::string_view alias : counterAliases())
    if (counterOfAlias(alias) == counter) return std::string(alias);
  return counter;
}

std::string limitText(const std::string &counter, double value) {
  if (isBytesCounter(counter)) return fmt::format("\"{:.0f}B\"", std::ceil(value));
  return fmt::format("{:.0f}", std::ceil(value));
}

Result<RunProfile> profileOf(const CommandContext &context) {
  const std::string run = context.arguments.has("against") ? context.arguments.text("against")
                          : context.arguments.positionals.size() > 1
                              ? context.arguments.positionals[1]
                              : "";
  if (run.empty()) return Unexpected(invalidInput("hotloop budget: RUN is missing"));
  HOTLOOP_ASSIGN(LoadedProfile loaded, loadProfile(context, run, chosenSteps(context)));
  if (loaded.profile.durations.empty())
    return Unexpected(nothingMeasured(run + " has no steady steps: " + loaded.profile.whyNone));
  return std::move(loaded.profile);
}

Result<int> init(const CommandContext &context) {
  HOTLOOP_ASSIGN(const RunProfile run, profileOf(context));
  std::string out =
      "version = 1\n\n# Nothing new against the baseline, whatever the phase.\n[[budget]]\nphase = "
      "\"**\"\n"
      "syncs = { max_new = 0 }\nallocs = { max_new = 0 }\nlaunches = { max_new = 0 }\n";
  std::string last;
  for (const CounterSeries &series : run.series) {
    // Syncs are dear, so they get no slack; the rest a quarter, to be tightened.
    if (series.level != SeriesLevel::kPhase || series.phase.empty() ||
        series.counter == "operators" || isBytesCounter(series.counter))
      continue;
    const double most = static_cast<double>(*std::ranges::max_element(series.values));
    const double limit = series.counter == "host_syncs" ? most : most * kSlack;
    last += fmt::format("\n[[budget]]\nphase = {}\n{} = {{ max = {}, max_new = 0 }}\n",
                        tomlQuoted(series.phase), aliasOf(series.counter),
                        limitText(series.counter, limit));
  }
  // Specific before general: the first match wins.
  const std::size_t at = out.find("# Nothing new");
  out.insert(at, last.empty() ? "" : last.substr(1) + "\n");
  HOTLOOP_TRY(context.emit(out));
  context.note(
      "next: hotloop budget lint --against RUN, and hotloop budget tighten RUN after improvements");
  return kExitOk;
}

Result<int> lint(const CommandContext &context, const GateConfig &config) {
  if (config.file.empty())
    return Unexpected(notFound("there is no hotloop.toml here or above; hotloop budget init RUN -o "
                               "hotloop.toml writes one"));
  std::vector<std::string> problems;
  const auto known = loadCalibration(context);
  std::set<std::string> claimed; // counters whose growth a budget for "**" limits
  for (const Budget &budget : config.budgets) {
    const std::string place = fmt::format("{}:{}", config.file, budget.line);
    const bool never = budget.kernel.empty() && budget.times.empty() &&
                       std::ranges::all_of(budget.counters, [&](const CounterLimit &limit) {
                         return !limit.max && claimed.contains(limit.counter);
                       });
    if (never)
      problems.push_back(
          place +
          ": never reached: a budget for \"**\" stands before it, and the first match wins");
    for (const TimeLimit &limit : budget.times) {
      if (known && limit.maxGrowth && *limit.maxGrowth < 2 * known->floor)
        problems.push_back(fmt::format("{}: {} allows {:.1f} %, below twice the noise floor of "
                                       "this machine ({:.1f} %): it would "
                                       "cry wolf; allow {:.1f} % or more",
                                       place, limit.metric, *limit.maxGrowth * 100,
                                       known->floor * 100, 2 * known->floor * 100));
    }
    // Absolute limits of phases are judged all the same: those of "**" are for the whole step.
    if (budget.phase == "**" && budget.kernel.empty())
      for (const CounterLimit &limit : budget.counters) claimed.insert(limit.counter);
  }
  if (context.arguments.has("against") || context.arguments.positionals.size() > 1) {
    HOTLOOP_ASSIGN(const RunProfile run, profileOf(context));
    for (const Budget &budget : config.budgets) {
      const std::string place = fmt::format("{}:{}", config.file, budget.line);
      if (!budget.kernel.empty()) {
        const bool any = std::ranges::any_of(run.owners, [&](const TimeOwner &owner) {
          return owner.category == "kernel" && globMatches(budget.kernel, owner.family) &&
                 globMatches(budget.phase, owner.phase);
        });
        if (!any) problems.push_back(place + ": no kernel of the run matches " + budget.kernel);
        if (std::ranges::find(budget.counters, "spilled_bytes", &CounterLimit::counter) !=
            budget.counters.end())
          problems.push_back(place + ": spills are in no run; cuobjdump -res-usage on the binary "
                                     "has them");
        continue;
      }
      if (budget.phase == "**") continue;
      const bool any = std::ranges::any_of(run.series,
                                           [&](const CounterSeries &series) {
                                             return series.level == SeriesLevel::kPhase &&
                                                    globMatches(budget.phase, series.phase);
                                           }) ||
                       (!budget.times.empty() &&
                        std::ranges::any_of(run.phaseTimes, [&](const PhaseTime &phase) {
                          return globMatches(budget.phase, phase.phase);
                        }));
      if (!any)
        problems.push_back(
            fmt::format("{}: no phase of the run matches \"{}\"", place, budget.phase));
      for (const CounterLimit &limit : budget.counters)
        if (!run.counts(limit.counter))
          problems.push_back(
              fmt::format("{}: the run does not measure {}", place, counterTitle(limit.counter)));
    }
    for (const AllowEntry &entry : config.allows) {
      const bool any = std::ranges::any_of(run.series, [&](const CounterSeries &series) {
        return series.level == SeriesLevel::kSite &&
               (entry.site.empty() || siteMatches(entry.site, series.file, series.function)) &&
               (entry.phase.empty() || globMatches(entry.phase, series.phase));
      });
      if (!any)
        problems.push_back(fmt::format("{}:{}: the allow entry matches nothing of the run",
                                       config.file, entry.line));
    }
  }
  std::string out;
  for (const std::string &problem : problems) out += problem + "\n";
  HOTLOOP_TRY(context.emit(
      problems.empty() ? fmt::format("{}: {} budgets, {} allow entries, no problem\n", config.file,
                                     config.budgets.size(), config.allows.size())
                       : out));
  return problems.empty() ? kExitOk : kExitUsage;
}

Result<int> show(const CommandContext &context, const GateConfig &config) {
  HOTLOOP_ASSIGN(const RunProfile run, profileOf(context));
  GatePolicy policy;
  policy.budgets = config.budgets;
  ReportTable table{"budgets",
                    "",
                    {{"counter", "counter", CellFormat::kText, true},
                     {"phase", "phase", CellFormat::kText, true},
                     {"now", "now", CellFormat::kFigure, true},
                     {"limit", "limit", CellFormat::kFigure, true},
                     {"status", "", CellFormat::kText, true}},
                    {},
                    0};
  for (const GateRow &row : checkBudgets(run, policy)) {
    if (row.level == "run")
      context.note("hotloop: " + row.message);
    else
      table.rows.push_back({gateRowTitle(row), row.phase, gateValue(row.now, row.unit), row.limit,
                            gateStatusName(row.status)});
  }
  const std::string format = context.format();
  HOTLOOP_TRY(context.emit(table.rows.empty()
                               ? std::string("no budget has an absolute limit (max)\n")
                           : format == "csv" ? tableCsv(table)
                           : format == "md"  ? tableMarkdown(table)
                                             : tableText(table, context.style, context.width)));
  return kExitOk;
}

// Lowers `max` where the run needs less; everything else of the file stays as it is.
Result<int> tighten(const CommandContext &context, const GateConfig &config) {
  if (config.file.empty())
    return Unexpected(notFound("there is no hotloop.toml here or above; hotloop budget init RUN -o "
                               "hotloop.toml writes one"));
  HOTLOOP_ASSIGN(const RunProfile run, profileOf(context));
  HOTLOOP_ASSIGN(const std::string text, readTextFile(config.file));
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  std::string changes;
  for (const Budget &budget : config.budgets) {
    if (!budget.kernel.empty()) continue;
    for (const CounterLimit &limit : budget.counters) {
      if (!limit.max) continue;
      double most = 0;
      bool any = false;
      for (const CounterSeries &series : run.series) {
        const bool wanted = budget.phase == "**" ? series.level == SeriesLevel::kStep
                                                 : series.level == SeriesLevel::kPhase &&
                                                       globMatches(budget.phase, series.phase);
        if (!wanted || series.counter != limit.counter) continue;
        any = true;
        most = std::max(most, meanOf(series));
      }
      if (!any || std::ceil(most) >= *limit.max) continue;
      const std::string alias = aliasOf(limit.counter);
      const std::regex pattern("(" + std::regex_replace(alias, std::regex("\\."), "\\.") +
                               R"(\s*=\s*\{[^}]*\bmax\s*=\s*)("[^"]*"|[0-9]+))");
      for (std::size_t i = static_cast<std::size_t>(std::max(budget.line, 1)) - 1; i < lines.size();
           ++i) {
        if (i >= static_cast<std::size_t>(budget.line) && lines[i].starts_with("[")) break;
        std::smatch match;
        if (!std::regex_search(lines[i], match, pattern)) continue;
        changes += fmt::format("{}:{}: {} {} -> {}\n", config.file, i + 1, alias, match[2].str(),
                               limitText(limit.counter, most));
        lines[i] = match.prefix().str() + match[1].str() + limitText(limit.counter, most) +
                   match.suffix().str();
        break;
      }
    }
  }
  if (!changes.empty() && !context.arguments.has("dry-run")) {
    std::ofstream file(config.file, std::ios::trunc);
    for (const std::string &line : lines) file << line << '\n';
    file.close();
    if (!file) return Unexpected(systemError(EIO, "cannot write " + config.file));
  }
  HOTLOOP_TRY(context.emit(changes.empty() ? std::string("every limit is as tight as the run\n")
                                           : changes));
  return kExitOk;
}

Result<int> run(const CommandContext &context) {
  const std::string &action = context.arguments.positionals[0];
  if (action == "init") return init(context);
  HOTLOOP_ASSIGN(const GateConfig config, loadGateConfig(context));
  if (action == "lint") return lint(context, config);
  if (action == "show") return show(context, config);
  return tighten(context, config);
}

} // namespace

Command budgetCommand() {
  return {
      "budget",
      "limits in hotloop.toml: init from a run, lint, show, tighten",
      {{{"against", 0, FlagValue::kFile, "RUN", {}, false},
        {"config", 0, FlagValue::kFile, "FILE", {}, false},
        {"dry-run", 0, FlagValue::kNone, {}, {}, false},
        formatFlag("text|csv|md"),
        kOutputFlag,
        kForceFlag,
        kWarmupFlag,
        kStepsFlag},
       {{"ACTION", true, false, false, "init|lint|show|tighten"}, {"RUN", false, false, true, {}}}},
      run};
}

} // namespace hotloop::cli
