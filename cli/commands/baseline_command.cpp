#include "cli/commands/baseline_command.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/arguments/common_flags.h"
#include "cli/gate/accept.h"
#include "cli/gate/baseline_file.h"
#include "cli/gate/check_session.h"
#include "cli/gate/subprocess.h"
#include "cli/gate/text_file.h"
#include "cli/run_source.h"
#include "core/report/json_parts.h"
#include "core/report/report_table.h"

namespace hotloop::cli {

namespace fs = std::filesystem;

namespace {

// The words after the action: at most one name of a baseline, and runs.
struct Words {
  std::string name;
  std::vector<std::string> runs;
};

Result<Words> sortWords(const CommandContext &context, const GateConfig &config) {
  Words words;
  const auto &given = context.arguments.positionals;
  for (std::size_t i = 1; i < given.size(); ++i) {
    std::error_code ignored;
    const bool run =
        given[i].find('/') != std::string::npos || given[i].find('.') != std::string::npos;
    if (run) {
      if (!fs::exists(given[i], ignored))
        return Unexpected(notFound("the run " + given[i] + " does not exist"));
      words.runs.push_back(given[i]);
    } else if (words.name.empty()) {
      words.name = given[i];
    } else {
      return Unexpected(invalidInput(fmt::format(
          "hotloop baseline: '{}' is no run file, and the baseline is called '{}' already",
          given[i], words.name)));
    }
  }
  if (words.name.empty()) words.name = config.get("baseline");
  HOTLOOP_TRY(checkBaselineName(words.name));
  return words;
}

Result<Baseline> learn(const CommandContext &context, const Words &words) {
  if (words.runs.empty())
    return Unexpected(
        invalidInput("hotloop baseline: RUN is missing: hotloop baseline save NAME RUN..."));
  HOTLOOP_ASSIGN(const auto loaded, loadProfiles(context, words.runs, chosenSteps(context)));
  std::vector<RunProfile> profiles;
  for (const LoadedProfile &one : loaded) profiles.push_back(one.profile);
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    const RunProfile &one = profiles[i];
    if (one.exitStatus != 0)
      return Unexpected(nothingMeasured(fmt::format(
          "the program of {} ended with exit code {}; a baseline must not learn from it",
          words.runs[i], one.exitStatus)));
    if (!one.lost.empty() && context.arguments.text("on-data-loss") != "warn")
      return Unexpected(nothingMeasured(
          fmt::format("records of {} were lost, so a baseline would learn too little: {}",
                      words.runs[i], one.lost[0])));
  }
  HOTLOOP_ASSIGN(Baseline baseline, learnBaseline(profiles));
  baseline.name = words.name;
  baseline.saved = utcNow();
  baseline.tool = HOTLOOP_VERSION;
  baseline.commit = gitLine({"rev-parse", "HEAD"});
  if (!gitLine({"status", "--porcelain", "--untracked-files=no"}).empty() &&
      !baseline.commit.empty())
    baseline.commit += " with changes";
  return baseline;
}

std::string classCounts(const Baseline &baseline) {
  std::size_t counts[4] = {};
  for (const BaselineCounter &one : baseline.counters)
    ++counts[static_cast<std::size_t>(one.learned.stability)];
  return fmt::format("{} constant, {} periodic, {} bounded, {} noisy", counts[0], counts[1],
                     counts[2], counts[3]);
}

Result<int> save(const CommandContext &context, const GateConfig &config) {
  HOTLOOP_ASSIGN(const Words words, sortWords(context, config));
  HOTLOOP_ASSIGN(Baseline baseline, learn(context, words));
  baseline.reason = context.arguments.text("reason");
  const std::string path =
      baselinePath(baselineFolder(config.file), words.name, baseline.fingerprint.deviceClass);
  std::error_code ignored;
  if (fs::exists(path, ignored) && !context.arguments.has("force"))
    return Unexpected(invalidInput(fmt::format(
        "{} exists; give --force to learn it anew, or record a change with hotloop baseline accept",
        path)));
  HOTLOOP_TRY(writeBaseline(path, baseline));
  HOTLOOP_TRY(context.emit(path + "\n"));
  context.note(
      fmt::format("hotloop: learned from {} run{}, {} steady steps: {}{}", baseline.runs,
                  baseline.runs == 1 ? "" : "s", baseline.steps, classCounts(baseline),
                  baseline.provisional() ? "; provisional until it is learned from 3 runs" : ""));
  context.note("next: git add " + path);
  return kExitOk;
}

ReportTable listTable(const std::string &folder) {
  ReportTable table{"baselines",
                    "",
                    {{"name", "name", CellFormat::kText, true},
                     {"device_class", "device class", CellFormat::kText, true},
                     {"saved", "saved", CellFormat::kText, true},
                     {"commit", "commit", CellFormat::kText, true},
                     {"runs", "runs", CellFormat::kCount, true},
                     {"counters", "counters", CellFormat::kCount, true},
                     {"state", "state", CellFormat::kText, true},
                     {"file", "file", CellFormat::kPath, true}},
                    {},
                    0};
  for (const BaselineEntry &entry : listBaselines(folder)) {
    const auto read = readBaseline(entry.path);
    if (!read) {
      table.rows.push_back(
          {entry.name, entry.deviceClass, {}, {}, {}, {}, std::string("unreadable"), entry.path});
      continue;
    }
    table.rows.push_back({entry.name, entry.deviceClass, read->saved, read->commit.substr(0, 9),
                          read->runs, static_cast<std::int64_t>(read->counters.size()),
                          std::string(read->provisional() ? "provisional" : "ok"), entry.path});
  }
  return table;
}

Result<int> list(const CommandContext &context, const GateConfig &config) {
  const std::string folder = baselineFolder(config.file);
  const ReportTable table = listTable(folder);
  const std::string format = context.format();
  if (format == "json")
    HOTLOOP_TRY(context.emit(dumpJson({{"schema", "hotloop.baselines/1"},
                                       {"folder", folder},
                                       {"baselines", tableRowsJson(table)}})));
  else if (table.rows.empty())
    HOTLOOP_TRY(context.emit("no baselines in " + folder + "\n"));
  else
    HOTLOOP_TRY(context.emit(format == "csv"  ? tableCsv(table)
                             : format == "md" ? tableMarkdown(table)
                                              : tableText(table, context.style, context.width)));
  return kExitOk;
}

// NAME in its only device class, or in the one that --device-class names.
Result<ResolvedBaseline> named(const CommandContext &context, const GateConfig &config,
                               const std::string &name) {
  const std::string folder = baselineFolder(config.file);
  std::string deviceClass = context.arguments.text("device-class");
  if (deviceClass.empty())
    for (const BaselineEntry &entry : listBaselines(folder))
      if (entry.name == name) {
        if (!deviceClass.empty())
          return Unexpected(invalidInput(fmt::format(
              "baseline {} exists for several device classes; choose with --device-class", name)));
        deviceClass = entry.deviceClass;
      }
  return resolveBaseline(name, name, folder, deviceClass.empty() ? "cpu" : deviceClass);
}

std::string learnedText(const LearnedValues &learned) {
  switch (learned.stability) {
  case Stability::kConstant: return std::to_string(learned.value);
  case Stability::kPeriodic: {
    std::int64_t sum = 0;
    for (const std::int64_t one : learned.cycle) sum += one;
    return fmt::format("{} in {} steps", sum, learned.cycle.size());
  }
  default: return fmt::format("{} to {}, mean {:.2f}", learned.low, learned.high, learned.mean);
  }
}

Result<int> show(const CommandContext &context, const GateConfig &config) {
  HOTLOOP_ASSIGN(const Words words, sortWords(context, config));
  HOTLOOP_ASSIGN(const ResolvedBaseline resolved, named(context, config, words.name));
  const Baseline &baseline = resolved.baseline;
  ReportTable table{"counters",
                    "",
                    {{"counter", "counter", CellFormat::kText, true},
                     {"phase", "phase", CellFormat::kText, true},
                     {"site", "site", CellFormat::kPath, true},
                     {"class", "class", CellFormat::kText, true},
                     {"per_step", "per step", CellFormat::kFigure, true}},
                    {},
                    0};
  for (const BaselineCounter &one : baseline.counters) {
    const Site site{one.file, one.lines.empty() ? 0 : one.lines[0], one.function, ""};
    table.rows.push_back({one.counter, one.phase,
                          one.level == SeriesLevel::kSite   ? site.text()
                          : one.level == SeriesLevel::kStep ? std::string("whole step")
                                                            : std::string(),
                          stabilityName(one.learned.stability), learnedText(one.learned)});
  }
  const std::string format = context.format();
  if (format == "json")
    HOTLOOP_TRY(context.emit(dumpJson({{"schema", "hotloop.baseline/1"},
                                       {"file", resolved.file},
                                       {"name", baseline.name},
                                       {"device_class", baseline.fingerprint.deviceClass},
                                       {"saved", baseline.saved},
                                       {"commit", baseline.commit},
                                       {"command", baseline.command},
                                       {"reason", baseline.reason},
                                       {"runs", baseline.runs},
                                       {"steps", baseline.steps},
                                       {"provisional", baseline.provisional()},
                                       {"counters", tableRowsJson(table)}})));
  else if (format == "csv")
    HOTLOOP_TRY(context.emit(tableCsv(table)));
  else {
    limitRows(table, static_cast<std::size_t>(context.arguments.number("limit", 0)));
    std::string out = fmt::format("{} ({})  {}  {} run{}, {} steady steps{}\n", baseline.name,
                                  baseline.fingerprint.deviceClass, baseline.saved, baseline.runs,
                                  baseline.runs == 1 ? "" : "s", baseline.steps,
                                  baseline.provisional() ? ", provisional" : "");
    if (!baseline.reason.empty()) out += "reason: " + baseline.reason + "\n";
    out += classCounts(baseline) + "\n\n";
    HOTLOOP_TRY(
        context.emit(out + (format == "md" ? tableMarkdown(table)
                                           : tableText(table, context.style, context.width))));
  }
  return kExitOk;
}

Result<int> diff(const CommandContext &context, const GateConfig &config) {
  HOTLOOP_ASSIGN(const Words words, sortWords(context, config));
  if (words.runs.size() != 1)
    return Unexpected(
        invalidInput("hotloop baseline diff compares one run: hotloop baseline diff NAME RUN"));
  HOTLOOP_ASSIGN(const LoadedProfile loaded,
                 loadProfile(context, words.runs[0], chosenSteps(context)));
  HOTLOOP_ASSIGN(const ResolvedBaseline resolved,
                 resolveBaseline(words.name, words.name, baselineFolder(config.file),
                                 loaded.profile.fingerprint.deviceClass));
  HOTLOOP_ASSIGN(const GatePolicy policy, policyOf(context, config));
  GateReport report = checkProfile(loaded, &resolved, policy, config);
  report.command = "baseline diff";
  concludeGate(report, false);
  HOTLOOP_TRY(emitGate(context, report));
  // A comparison, not a verdict; what cannot be compared still says so.
  return report.exit.code == kExitNothing ? kExitNothing : kExitOk;
}

Result<int> accept(const CommandContext &context, const GateConfig &config) {
  const std::string reason = context.arguments.text("reason");
  if (reason.empty())
    return Unexpected(invalidInput(
        "hotloop baseline accept: --reason is missing; say in a sentence why the change is meant"));
  HOTLOOP_ASSIGN(const Words words, sortWords(context, config));
  HOTLOOP_ASSIGN(const Baseline fresh, learn(context, words));
  HOTLOOP_ASSIGN(ResolvedBaseline resolved,
                 resolveBaseline(words.name, words.name, baselineFolder(config.file),
                                 fresh.fingerprint.deviceClass));
  const AcceptOutcome outcome = acceptChanges(resolved.baseline, fresh, reason);
  HOTLOOP_TRY(writeBaseline(resolved.file, resolved.baseline));
  std::string out;
  for (const std::string &change : outcome.changes) out += change + "\n";
  HOTLOOP_TRY(
      context.emit(out + fmt::format("{}: {} counter{} changed, {} kept\n", resolved.file,
                                     outcome.changes.size(), outcome.changes.size() == 1 ? "" : "s",
                                     outcome.kept)));
  context.note("next: git add " + resolved.file);
  return kExitOk;
}

Result<int> prune(const CommandContext &context, const GateConfig &config) {
  const std::int64_t days = context.arguments.number("older-than", 90);
  const bool dry = context.arguments.has("dry-run");
  std::string out;
  for (const BaselineEntry &entry : listBaselines(baselineFolder(config.file))) {
    const auto read = readBaseline(entry.path);
    const int age = read ? daysSince(read->saved) : -1;
    if (!read || age <= days || entry.name == config.get("baseline")) continue;
    std::error_code failure;
    if (!dry) fs::remove(entry.path, failure);
    if (failure) return Unexpected(systemError(failure.value(), "cannot remove " + entry.path));
    out += fmt::format("{} {} ({} days old)\n", dry ? "would remove" : "removed", entry.path, age);
  }
  HOTLOOP_TRY(
      context.emit(out.empty() ? fmt::format("no baseline is older than {} days\n", days) : out));
  return kExitOk;
}

Result<int> verify(const CommandContext &context, const GateConfig &config) {
  HOTLOOP_ASSIGN(const Words words, sortWords(context, config));
  const std::string folder = baselineFolder(config.file);
  const bool one = context.arguments.positionals.size() > 1;
  std::string out;
  int code = kExitOk;
  std::size_t seen = 0;
  for (const BaselineEntry &entry : listBaselines(folder)) {
    if (one && entry.name != words.name) continue;
    ++seen;
    HOTLOOP_ASSIGN(const std::string text, readTextFile(entry.path));
    auto read = parseBaseline(text, entry.path);
    if (!read && context.arguments.has("seal")) {
      const std::string reason = context.arguments.text("reason");
      if (reason.empty())
        return Unexpected(invalidInput("hotloop baseline verify --seal: --reason is missing"));
      HOTLOOP_ASSIGN(Baseline baseline, parseBaseline(text, entry.path, true));
      baseline.reason = reason;
      HOTLOOP_TRY(writeBaseline(entry.path, baseline));
      out += entry.path + ": sealed\n";
      continue;
    }
    if (!read) {
      out += entry.path + ": " + read.error().message + "\n";
      code = kExitUsage;
      continue;
    }
    std::string notes;
    if (read->provisional()) notes += ", provisional";
    if (read->fingerprint.deviceClass != entry.deviceClass) {
      notes += ", but it was learned on " + read->fingerprint.deviceClass;
      code = kExitUsage;
    }
    const int age = daysSince(read->saved);
    if (age > std::atoi(config.get("stale_days").c_str()))
      notes += fmt::format(", {} days old", age);
    out += fmt::format("{}: ok, {} counters{}\n", entry.path, read->counters.size(), notes);
  }
  if (seen == 0)
    return Unexpected(nothingMeasured(
        fmt::format("there is no baseline{} in {}", one ? " '" + words.name + "'" : "", folder)));
  HOTLOOP_TRY(context.emit(out));
  return code;
}

Result<int> run(const CommandContext &context) {
  HOTLOOP_ASSIGN(const GateConfig config, loadGateConfig(context));
  const std::string &action = context.arguments.positionals[0];
  if (action == "save") return save(context, config);
  if (action == "list") return list(context, config);
  if (action == "show") return show(context, config);
  if (action == "diff") return diff(context, config);
  if (action == "accept") return accept(context, config);
  if (action == "prune") return prune(context, config);
  return verify(context, config);
}

} // namespace

Command baselineCommand() {
  std::vector<FlagSpec> flags = gateFlags();
  flags.push_back({"reason", 0, FlagValue::kText, "TEXT", {}, false});
  flags.push_back({"device-class", 0, FlagValue::kText, "CLASS", {}, false});
  flags.push_back({"older-than", 0, FlagValue::kCount, "DAYS", {}, false});
  flags.push_back({"dry-run", 0, FlagValue::kNone, {}, {}, false});
  flags.push_back({"seal", 0, FlagValue::kNone, {}, {}, false});
  return {"baseline",
          "what unchanged code does: save, list, show, diff, accept, prune, verify",
          {flags,
           {{"ACTION", true, false, false, "save|list|show|diff|accept|prune|verify"},
            {"NAME|RUN", false, true, true, {}}}},
          run};
}

} // namespace hotloop::cli
