#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analyzers/gate/policy.h"
#include "analyzers/steps/steps.h"
#include "cli/command.h"
#include "core/base/result.h"

namespace hotloop::cli {

// A program that is recorded for the gate: [suite.NAME] of hotloop.toml.
struct Suite {
  std::string name;
  std::vector<std::string> command;
  std::string build; // shell command that builds it; may be empty
  std::string deviceClass;
  StepChoice steps; // steady = { skip = 5, steps = 40 }
};

// A setting with where it came from.
struct Setting {
  std::string value;
  std::string origin; // "built-in", "hotloop.toml:3", "HOTLOOP_BASELINE", "--baseline"
};

// hotloop.toml: settings, suites, budgets, allow entries.
struct GateConfig {
  std::string file; // empty: there is none
  std::map<std::string, Setting> settings;
  std::vector<Suite> suites;
  std::vector<Budget> budgets;
  std::vector<AllowEntry> allows;

  const std::string &get(const std::string &name) const { return settings.at(name).value; }
  double ratio(const std::string &name) const; // of "5%"
};

// The text of a hotloop.toml. Errors name line, key and the nearest known one.
Result<GateConfig> parseGateConfig(const std::string &text, const std::string &file);

// Flags win over environment, project file, user file and built-in values. The project file is
// --config, $HOTLOOP_CONFIG, or hotloop.toml here and upwards to the top of the git repository;
// that of the user is $XDG_CONFIG_HOME/hotloop/config.toml.
Result<GateConfig> loadGateConfig(const CommandContext &context);

// --max-regress METRIC=PERCENT: limits of the whole step. Errors: an unknown metric, no percentage,
// a time where `times` are not judged.
Result<std::vector<Budget>> regressLimits(const std::vector<std::string> &words, bool times);
// Puts those of the command line before the budgets of the file, so that they win. Errors: also
// --effect or --tail-effect for the same time.
Result<void> addRegressLimits(const CommandContext &context, bool times, GateConfig &config);

// --show-config: every effective value with its origin, as TOML with comments.
std::string showGateConfig(const GateConfig &config);

// "5%", "0.5 %", "0" -> 0.05, ...; "4.2MB" -> 4200000; "10ms" -> 10; a plain number is one.
std::optional<double> parseRatio(const std::string &text);
std::optional<double> parseBytes(const std::string &text);
std::optional<double> parseMilliseconds(const std::string &text);

} // namespace hotloop::cli
