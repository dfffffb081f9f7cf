#include "cli/commands/sweep_command.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/arguments/common_flags.h"
#include "cli/gate/measure.h"
#include "cli/gate/subprocess.h"
#include "cli/gate/sweep_report.h"
#include "cli/run_source.h"

namespace hotloop::cli {

namespace {

constexpr std::int64_t kRounds = 10;
constexpr std::size_t kMostConfigurations = 200;

using Setting = std::vector<std::pair<std::string, std::string>>; // name, value

struct Parameter {
  std::string name;
  std::vector<std::string> values;
};

Result<std::vector<Parameter>> parametersOf(const CommandContext &context) {
  std::vector<Parameter> parameters;
  for (const std::string &word : context.arguments.values("parameter")) {
    const std::size_t equals = word.find('=');
    Parameter parameter{word.substr(0, equals), {}};
    for (std::size_t begin = equals + 1; equals != std::string::npos && begin <= word.size();) {
      const std::size_t end = std::min(word.find(',', begin), word.size());
      parameter.values.push_back(word.substr(begin, end - begin));
      begin = end + 1;
    }
    if (parameter.name.empty() || parameter.values.empty())
      return Unexpected(
          invalidInput(fmt::format("-P cannot be '{}'; write NAME=VALUE,VALUE", word)));
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

std::vector<Setting> gridOf(const std::vector<Parameter> &parameters) {
  std::vector<Setting> grid{{}};
  for (const Parameter &parameter : parameters) {
    std::vector<Setting> next;
    for (const Setting &setting : grid)
      for (const std::string &value : parameter.values) {
        next.push_back(setting);
        next.back().emplace_back(parameter.name, value);
      }
    grid = std::move(next);
    if (grid.size() > 100'000) break;
  }
  return grid;
}

// "{name}" in the command is replaced; without any, "--name value" is added.
std::vector<std::string> commandFor(const std::vector<std::string> &command,
                                    const Setting &setting) {
  std::vector<std::string> result = command;
  for (const auto &[name, value] : setting) {
    bool placed = false;
    const std::string mark = "{" + name + "}";
    for (std::string &word : result)
      for (std::size_t at = word.find(mark); at != std::string::npos;
           at = word.find(mark, at + value.size())) {
        word.replace(at, mark.size(), value);
        placed = true;
      }
    if (!placed) {
      result.push_back("--" + name);
      result.push_back(value);
    }
  }
  return result;
}

std::string nameOf(const Setting &setting) {
  std::string name;
  for (const auto &[key, value] : setting) name += (name.empty() ? "" : " ") + key + "=" + value;
  return name.empty() ? "as given" : name;
}

// The legal sets of `PROGRAM configurations --json`, as far as they agree with every -P.
Result<std::vector<Setting>> legalSets(const std::vector<std::string> &command,
                                       const std::vector<Parameter> &fixed) {
  SubprocessOptions options;
  options.capture = true;
  options.quiet = true;
  HOTLOOP_ASSIGN(const SubprocessOutcome outcome,
                 runSubprocess({command[0], "configurations", "--json"}, options));
  const auto json = nlohmann::ordered_json::parse(outcome.output, nullptr, false);
  if (outcome.exitCode != 0 || json.is_discarded() || !json.contains("legal") ||
      !json["legal"].is_array())
    return Unexpected(invalidInput(fmt::format("{} configurations --json does not list legal sets; "
                                               "--configurations is for programs that do, like "
                                               "hotloop-moe",
                                               command[0])));
  std::vector<Setting> sets;
  for (const auto &one : json["legal"]) {
    if (!one.contains("toggles") || !one["toggles"].is_object()) continue;
    Setting setting;
    bool wanted = true;
    for (const auto &[name, value] : one["toggles"].items()) {
      const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
      const auto parameter = std::ranges::find(fixed, name, &Parameter::name);
      if (parameter != fixed.end() &&
          std::ranges::find(parameter->values, text) == parameter->values.end())
        wanted = false;
      setting.emplace_back(name, text);
    }
    if (wanted) sets.push_back(std::move(setting));
  }
  return sets;
}

// Values that all share say nothing in a name.
void dropShared(std::vector<Setting> &shown) {
  if (shown.size() < 2) return;
  std::map<std::string, std::map<std::string, int>> seen;
  for (const Setting &setting : shown)
    for (const auto &[name, value] : setting) ++seen[name][value];
  for (Setting &setting : shown)
    std::erase_if(setting, [&](const auto &one) {
      return seen[one.first].size() == 1 &&
             seen[one.first].begin()->second == static_cast<int>(shown.size());
    });
}

Result<std::vector<SweepEntry>> fromRuns(const CommandContext &context) {
  HOTLOOP_ASSIGN(const auto loaded,
                 loadProfiles(context, context.arguments.values("from"), chosenSteps(context)));
  std::vector<SweepEntry> entries;
  for (const LoadedProfile &one : loaded) {
    const std::string name = one.profile.command.empty() ? one.run.file : one.profile.command;
    auto entry = std::ranges::find(entries, name, &SweepEntry::command);
    if (entry == entries.end()) {
      entries.push_back({name, name, {}, {}});
      entry = entries.end() - 1;
    }
    if (one.profile.durations.empty())
      entry->failure = one.run.file + " has no steady steps";
    else
      entry->runs.push_back(one.profile);
  }
  return entries;
}

Result<std::vector<SweepEntry>> measure(const CommandContext &context) {
  const std::vector<std::string> &command = context.arguments.trailing;
  if (command.empty())
    return Unexpected(
        invalidInput("hotloop sweep: a program is missing: hotloop sweep -P NAME=A,B -- PROGRAM"));
  HOTLOOP_ASSIGN(const std::vector<Parameter> parameters, parametersOf(context));
  std::vector<Setting> grid;
  if (context.arguments.has("configurations")) {
    HOTLOOP_ASSIGN(grid, legalSets(command, parameters));
  } else {
    grid = gridOf(parameters);
  }
  if (grid.empty())
    return Unexpected(invalidInput("hotloop sweep: no legal configuration is left; loosen -P"));
  if (grid.size() > kMostConfigurations)
    return Unexpected(invalidInput(fmt::format(
        "hotloop sweep: {} configurations are more than {}; narrow them with -P NAME=VALUE",
        grid.size(), kMostConfigurations)));
  const std::int64_t rounds = context.arguments.number("runs", kRounds);
  if (rounds < 1) return Unexpected(invalidInput("hotloop sweep: --runs must be 1 or more"));
  HOTLOOP_ASSIGN(Measurer measurer,
                 Measurer::create(context, context.arguments.text("max-time", "0")));
  std::vector<Setting> shown = grid;
  dropShared(shown);
  std::vector<SweepEntry> entries;
  for (std::size_t i = 0; i < grid.size(); ++i)
    entries.push_back({nameOf(shown[i]), shellCommand(commandFor(command, grid[i])), {}, {}});
  const auto seed = static_cast<std::uint64_t>(context.arguments.number("seed", 1));
  for (std::int64_t round = 0; round < rounds; ++round) {
    for (const std::size_t i : latinOrder(grid.size(), static_cast<std::size_t>(round), seed)) {
      if (!entries[i].failure.empty()) continue;
      if (measurer.timeIsUp()) break;
      auto loaded =
          measurer.run({std::to_string(i), commandFor(command, grid[i]), ""},
                       fmt::format("round {} of {}: {}", round + 1, rounds, entries[i].name));
      if (loaded)
        entries[i].runs.push_back(std::move(loaded->profile));
      else if (loaded.error().kind == ErrorKind::kNothingMeasured) {
        entries[i].failure = loaded.error().message;
        entries[i].runs.clear();
      } else
        return Unexpected(loaded.error());
    }
    if (measurer.timeIsUp()) {
      context.note(
          fmt::format("hotloop: --max-time is over after {} of {} rounds", round + 1, rounds));
      break;
    }
  }
  // Rounds pair the configurations: the last one may be cut short.
  std::size_t whole = SIZE_MAX;
  for (const SweepEntry &entry : entries)
    if (entry.failure.empty()) whole = std::min(whole, entry.runs.size());
  for (SweepEntry &entry : entries) {
    if (entry.runs.size() > whole && whole > 0) entry.runs.resize(whole);
    if (entry.failure.empty() && entry.runs.empty())
      entry.failure = "--max-time was over before its first run";
  }
  return entries;
}

Result<int> run(const CommandContext &context) {
  auto entries = context.arguments.has("from") ? fromRuns(context) : measure(context);
  if (!entries) return Unexpected(entries.error());
  SweepReport report = makeSweepReport(std::move(*entries));
  report.unit = timeUnitNamed(context.arguments.text("time-unit"));
  const std::string format = context.format();
  HOTLOOP_TRY(context.emit(format == "json"  ? sweepJson(report)
                           : format == "csv" ? sweepCsv(report)
                           : format == "md"  ? sweepMarkdown(report)
                                             : sweepText(report, context.style, context.width)));
  return report.ran.empty() ? kExitNothing : kExitOk;
}

} // namespace

Command sweepCommand() {
  std::vector<FlagSpec> flags = measureFlags();
  flags.push_back({"parameter", 'P', FlagValue::kText, "NAME=A,B", {}, true});
  flags.push_back({"configurations", 0, FlagValue::kNone, {}, {}, false});
  flags.push_back({"from", 0, FlagValue::kFile, "RUN", {}, true});
  flags.push_back({"runs", 'r', FlagValue::kCount, "N", {}, false});
  flags.push_back({"seed", 0, FlagValue::kCount, "N", {}, false});
  for (const FlagSpec &flag : {kTimeUnitFlag, formatFlag("text|json|csv|md"), kJsonFlag,
                               kOutputFlag, kForceFlag, kWarmupFlag, kStepsFlag})
    flags.push_back(flag);
  return {"sweep",
          "compare configurations: a grid of parameters, honest groups, why",
          {flags, {{"PROGRAM [ARGUMENTS]", false, true, true, {}}}, Trailing::kProgram},
          run};
}

} // namespace hotloop::cli
