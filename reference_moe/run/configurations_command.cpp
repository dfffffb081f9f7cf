#include <cstdio>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reference_moe/run/combinations.h"
#include "reference_moe/run/commands.h"
#include "reference_moe/run/json.h"
#include "reference_moe/run/names.h"
#include "reference_moe/run/presets.h"
#include "reference_moe/run/trainer.h"

namespace hotloop::moe {
namespace {

// Inference lists `checkpoint` too: a value other than off is what makes it illegal.
Json entryOf(const Combination &combination) {
  Json toggles = togglesToJson(combination.toggles);
  if (combination.toggles.mode == Mode::kInference)
    for (const ToggleName &toggle : toggleNames())
      if (toggle.name == "checkpoint")
        toggles["checkpoint"] =
            toggle.values[static_cast<std::size_t>(toggle.get(combination.toggles))];
  Json entry{{"toggles", std::move(toggles)}};
  if (!combination.reason.empty()) entry["reason"] = combination.reason;
  return entry;
}

void printJson(const std::vector<Combination> &all) {
  Json json{{"toggles", Json::object()}, {"presets", Json::object()}};
  for (const ToggleName &toggle : toggleNames())
    json["toggles"][std::string(toggle.name)] = toggle.values;
  for (const Preset &preset : presets())
    json["presets"][std::string(preset.name)] = togglesToJson(preset.wants);
  json["inductor_modes"] = inductorModes();
  json["legal"] = json["illegal"] = Json::array();
  for (const Combination &combination : all)
    json[combination.reason.empty() ? "legal" : "illegal"].push_back(entryOf(combination));
  fmt::print("{}\n", json.dump());
}

void printText(const std::vector<Combination> &all) {
  for (const ToggleName &toggle : toggleNames())
    fmt::print("--{:<11} {:<28} {}\n", toggle.name,
               fmt::format("{}", fmt::join(toggle.values, "|")), toggle.what);
  fmt::print("\n");
  for (const Preset &preset : presets())
    fmt::print("--preset {:<21} {}\n    {}\n", preset.name, preset.what, describe(preset.wants));
  std::map<std::string, std::size_t> reasons;
  for (const Combination &combination : all) ++reasons[combination.reason];
  fmt::print("\n{} combinations, {} can run here. The others:\n", all.size(), reasons[""]);
  for (const auto &[reason, count] : reasons)
    if (!reason.empty()) fmt::print("{:>6}  {}\n", count, reason);
  fmt::print("--fusion inductor also needs --package FILE.pt2; its modes are {}.\n",
             fmt::join(inductorModes(), ", "));
}

} // namespace

void ConfigurationsCommand::addTo(CLI::App &app) {
  command_ = app.add_subcommand("configurations",
                                "list the combinations of toggles, and why some cannot run here");
  command_->add_option("--device", device_, "cpu or cuda")->capture_default_str();
  command_->add_flag("--json", json_, "list every combination as JSON");
}

Result<void> ConfigurationsCommand::execute() const {
  HOTLOOP_ASSIGN(const int device, parseChoice("device", device_, deviceNames()));
  const std::vector<Combination> all = combinations(static_cast<Device>(device), probeMachine());
  json_ ? printJson(all) : printText(all);
  return {};
}

} // namespace hotloop::moe
