#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "analyzers/gate/policy.h"
#include "analyzers/rules/builtin_rules.h"
#include "analyzers/timeline/transforms.h"
#include "cli/command.h"
#include "cli/completion/complete.h"
#include "cli/gate/baseline_folder.h"
#include "cli/gate/check_session.h"
#include "cli/gate/gate_config.h"
#include "cli/gate/profile_source.h"
#include "cli/gate/subprocess.h"
#include "cli/help/help_text.h"
#include "cli/stats/stats_tables.h"
#include "core/store/history_store.h"

namespace hotloop::cli {

namespace {

Completions words(const std::vector<std::string_view> &all, std::string_view ending = "") {
  Completions result;
  for (const std::string_view word : all)
    result.candidates.push_back({fmt::format("{}{}", word, ending), ""});
  result.goesOn = !ending.empty();
  return result;
}

Completions rules() {
  Completions result;
  for (const Rule &rule : builtinRules())
    result.candidates.push_back({std::string(rule.id), std::string(rule.summary)});
  return result;
}

// Without the runs' files: those that were looked at before have a summary in the cache.
std::vector<LoadedProfile> knownRuns(const std::vector<std::string> &runs,
                                     const Surroundings &surroundings) {
  const Arguments none;
  const CommandContext context{none, surroundings, Style(false), Style(false), 80};
  std::vector<LoadedProfile> known;
  for (const std::string &run : runs)
    if (auto loaded = cachedProfile(context, run)) known.push_back(std::move(*loaded));
  return known;
}

std::optional<GateConfig> configOf(const std::string &file, const Surroundings &surroundings) {
  Surroundings here = surroundings;
  const VariableLookup outer = surroundings.variable;
  if (!file.empty())
    here.variable = [outer, file](std::string_view name) {
      return name == "HOTLOOP_CONFIG" ? std::optional(file) : outer(name);
    };
  const Arguments none;
  const CommandContext context{none, here, Style(false), Style(false), 80};
  auto config = loadGateConfig(context);
  return config ? std::optional(std::move(*config)) : std::nullopt;
}

Completions baselines(const std::string &configFile) {
  Completions result;
  std::set<std::string> names;
  for (const BaselineEntry &entry : listBaselines(baselineFolder(configFile)))
    names.insert(entry.name);
  for (const std::string &name : names) result.candidates.push_back({name, "baseline"});
  result.files = true;
  return result;
}

Completions refs(std::string_view prefix = "") {
  Completions result;
  SubprocessOptions options;
  options.capture = options.quiet = true;
  const auto listed = runSubprocess({"git", "for-each-ref", "--format=%(refname:short)",
                                     "refs/heads", "refs/tags", "refs/remotes"},
                                    options);
  if (!listed || listed->exitCode != 0) return result;
  const std::string &text = listed->output;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    result.candidates.push_back({fmt::format("{}{}", prefix, text.substr(begin, end - begin)), ""});
    begin = end + 1;
  }
  return result;
}

std::vector<std::string_view> metrics(bool times) {
  std::vector<std::string_view> names;
  if (times) names = {"step.body", "step.p90"};
  for (const std::string_view alias : counterAliases())
    if (!isOfKernels(counterOfAlias(alias))) names.push_back(alias);
  return names;
}

Completions globs(const ValueQuestion &question, const Surroundings &surroundings) {
  std::set<std::string> found;
  const bool phases = question.flag.name == "phase";
  for (const LoadedProfile &run : knownRuns(question.positionals, surroundings)) {
    for (const TimeOwner &owner : run.profile.owners) {
      if (!phases && owner.category != "kernel") continue;
      found.insert(phases ? owner.phase : owner.family);
    }
  }
  if (const auto config = configOf(question.config, surroundings))
    for (const Budget &budget : config->budgets)
      found.insert(phases ? budget.phase : budget.kernel);
  found.erase("");
  Completions result;
  for (const std::string &one : found) result.candidates.push_back({one, ""});
  return result;
}

Completions history(const ValueQuestion &question) {
  if (question.db.empty()) return words(metrics(true));
  std::set<std::string> names;
  if (const auto entries = readHistory(question.db))
    for (const HistoryEntry &entry : *entries)
      for (const auto &[metric, value] : entry.values) names.insert(metric);
  if (names.empty()) return words(metrics(true));
  Completions result;
  for (const std::string &name : names) result.candidates.push_back({name, ""});
  return result;
}

Completions filterKeys(const std::string &command) {
  using Names = std::vector<std::string_view>;
  if (command == "stats") return words(Names{"phase", "kernel", "site", "operator"}, ":");
  if (command == "diff")
    return words(Names{"phase", "kernel", "site", "operator", "counter", "category"}, ":");
  return words(Names{"phase", "kernel", "site", "operator", "counter"}, ":");
}

} // namespace

Completions valuesOf(const ValueQuestion &question, const Surroundings &surroundings) {
  const FlagSpec &flag = question.flag;
  const std::string_view name = flag.name, value = flag.valueName;
  if (flag.value == FlagValue::kChoice) return words(splitChoices(flag.valueName));
  if (flag.value == FlagValue::kFile) return {{}, true, false};
  if (value == "COUNTERS") {
    std::vector<std::string_view> all = metrics(false);
    if (name == "fail-on") all.insert(all.end(), {"new-sync", "time"});
    return words(all);
  }
  if (name == "metric")
    return question.command == "history" ? history(question) : words(metrics(false));
  if (value == "METRIC=PERCENT") return words(metrics(question.command == "ab"), "=");
  if (value == "RULE@SITE") return words(verdictIds(), "@");
  if (value == "FORMAT[=FILE]") return words(splitChoices(kGateFormats));
  if (value == "TABLES") return words(statsTableNames());
  if (value == "RULE" || value == "N|RULE") return rules();
  if (value == "FIX[=SITE]") {
    const auto fixes = fixNames();
    return words({fixes.begin(), fixes.end()});
  }
  if (name == "filter") return filterKeys(question.command);
  if (name == "phase" || name == "kernel") return globs(question, surroundings);
  if (value == "REF") return refs();
  if (name == "baseline") {
    if (question.prefix.starts_with("git:")) return refs("git:");
    return baselines(question.config);
  }
  if (name == "suite") {
    Completions result;
    if (const auto config = configOf(question.config, surroundings))
      for (const Suite &suite : config->suites)
        result.candidates.push_back({suite.name, fmt::format("{}", fmt::join(suite.command, " "))});
    return result;
  }
  return {};
}

Completions argumentsOf(const std::string &command, std::size_t place,
                        const std::vector<std::string> &before, const PositionalSpec &spec,
                        const Surroundings &) {
  if (!spec.choices.empty()) return words(splitChoices(spec.choices));
  if (command == "help") {
    Completions result;
    for (const HelpTopic &topic : helpTopics())
      if (topic.name != "hotloop") result.candidates.push_back({std::string(topic.name), ""});
    return result;
  }
  if (command == "rules" && place == 1 && before[0] != "list") return rules();
  if (command == "baseline" && place > 0 && before[0] != "list") return baselines({});
  return {{}, spec.file, false};
}

} // namespace hotloop::cli
