#include <cstdio>

#include <fmt/format.h>

#include "reference_moe/run/commands.h"
#include "reference_moe/run/interleave.h"
#include "reference_moe/run/names.h"
#include "reference_moe/run/presets.h"
#include "reference_moe/run/validate.h"

namespace hotloop::moe {
namespace {

std::string_view word(Check::Status status) {
  return status == Check::Status::kPass   ? "pass"
         : status == Check::Status::kFail ? "fail"
                                          : "not applicable";
}

struct Validated {
  std::string name;
  Configuration configuration;
  std::vector<Check> checks;
};

Json toJson(const std::vector<Validated> &all, const Configuration &base) {
  Json list = Json::array();
  bool good = true;
  for (const Validated &each : all) {
    Json checks = Json::array();
    for (const Check &check : each.checks)
      checks.push_back({{"id", check.id},
                        {"question", check.question},
                        {"status", word(check.status)},
                        {"detail", check.detail},
                        {"figures", check.figures}});
    good = good && passes(each.checks);
    list.push_back({{"name", each.name},
                    {"toggles", togglesToJson(each.configuration.toggles)},
                    {"passed", passes(each.checks)},
                    {"checks", std::move(checks)}});
  }
  return {{"schema", "hotloop.moe_validate/1"},
          {"machine", machineJson(base)},
          {"sizes", sizesToJson(base.sizes)},
          {"device", nameOf(base.device, deviceNames())},
          {"passed", good},
          {"configurations", std::move(list)}};
}

void print(const Validated &each) {
  fmt::print("{}: {}\n", each.name, describe(each.configuration.toggles));
  for (const Check &check : each.checks)
    fmt::print("  {:<5} {}\n        {}\n",
               check.status == Check::Status::kNotApplicable ? "-" : word(check.status),
               check.question, check.detail);
}

} // namespace

void ValidateCommand::addTo(CLI::App &app) {
  command_ = app.add_subcommand("validate", "the guide's validation checklist; exit code 1 if a "
                                            "configuration fails");
  flags_.addTo(*command_, false);
  command_
      ->add_option("--configuration", names_,
                   "a preset, or toggle=value,...; repeat it. Without any: every preset but the "
                   "baseline")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command_->add_option("--expect", options_.expectSpeedup, "speed-up over the baseline to reach")
      ->capture_default_str();
  command_
      ->add_option("--memory-limit", memoryLimit_,
                   "MiB of activations allowed; 0 = 1.25 times the baseline, or 80")
      ->capture_default_str();
  command_->add_option("--rounds", options_.rounds, "rounds of the speed-up")
      ->capture_default_str();
  command_->add_option("--steps", options_.steps, "steps per round")->capture_default_str();
  command_->add_flag("--json", json_, "print the result as JSON");
}

Result<bool> ValidateCommand::execute() const {
  HOTLOOP_TRY(checkCount("rounds", options_.rounds));
  HOTLOOP_TRY(checkCount("steps", options_.steps));
  std::vector<std::string> notes;
  const Machine machine = probeMachine();
  HOTLOOP_ASSIGN(const Configuration base, flags_.configure(machine, notes));
  std::vector<std::string> names = names_;
  if (names.empty())
    for (const Preset &preset : presets())
      if (preset.name != "baseline") names.emplace_back(preset.name);
  std::vector<Validated> all;
  for (const std::string &name : names) {
    Validated each{name, base, {}};
    HOTLOOP_ASSIGN(each.configuration.toggles, parseComparison(name, base, machine, notes));
    HOTLOOP_TRY(check(each.configuration, machine));
    all.push_back(std::move(each));
  }
  for (const std::string &note : notes) fmt::print(stderr, "hotloop-moe: {}\n", note);
  setThreads(base.threads);
  ValidateOptions options = options_;
  options.memoryLimit = static_cast<std::int64_t>(memoryLimit_ * (1 << 20));
  bool good = true;
  for (Validated &each : all) {
    fmt::print(stderr, "validating {}\n", each.name);
    each.checks = validate(each.configuration, options);
    good = good && passes(each.checks);
    if (!json_) print(each);
  }
  if (json_) fmt::print("{}\n", toJson(all, base).dump(2));
  return good;
}

} // namespace hotloop::moe
