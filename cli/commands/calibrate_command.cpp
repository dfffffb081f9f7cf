#include "cli/commands/calibrate_command.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analyzers/gate/baseline.h"
#include "analyzers/gate/paired.h"
#include "cli/arguments/common_flags.h"
#include "cli/gate/baseline_file.h"
#include "cli/gate/calibration.h"
#include "cli/gate/gate_config.h"
#include "cli/gate/measure.h"
#include "cli/gate/subprocess.h"
#include "core/report/json_parts.h"

namespace hotloop::cli {

namespace {

constexpr std::int64_t kRuns = 20;
constexpr int kRounds = 1000;

Result<int> run(const CommandContext &context) {
  const std::int64_t count = context.arguments.number("runs", kRuns);
  if (context.arguments.trailing.empty())
    return Unexpected(
        invalidInput("hotloop calibrate: a program is missing: hotloop calibrate -- PROGRAM"));
  if (count < 8)
    return Unexpected(invalidInput(
        "hotloop calibrate: --runs must be 8 or more; noise cannot be told from fewer"));
  HOTLOOP_ASSIGN(Measurer measurer,
                 Measurer::create(context, context.arguments.text("max-time", "0")));
  const MeasuredProgram program{"run", context.arguments.trailing, ""};
  std::vector<RunProfile> profiles;
  std::vector<double> bodies;
  for (std::int64_t i = 0; i < count && !measurer.timeIsUp(); ++i) {
    HOTLOOP_ASSIGN(LoadedProfile loaded,
                   measurer.run(program, fmt::format("run {} of {}", i + 1, count)));
    bodies.push_back(std::log(bodyOf(stepLengths(loaded.profile))));
    profiles.push_back(std::move(loaded.profile));
  }
  if (profiles.size() < 8)
    return Unexpected(nothingMeasured(fmt::format(
        "only {} runs were made before --max-time was over; 8 are needed", profiles.size())));
  // Neighbours in ABBA order are A/A pairs.
  std::vector<double> pairs;
  for (std::size_t i = 0; i + 1 < bodies.size(); i += 2)
    pairs.push_back(baseFirst(static_cast<int>(i / 2)) ? bodies[i + 1] - bodies[i]
                                                       : bodies[i] - bodies[i + 1]);
  const NoiseFloor floor =
      noiseFloor(pairs, static_cast<std::uint64_t>(context.arguments.number("seed", 1)), kRounds);
  HOTLOOP_ASSIGN(const Baseline learned, learnBaseline(profiles));
  std::size_t classes[4] = {};
  for (const BaselineCounter &one : learned.counters)
    ++classes[static_cast<std::size_t>(one.learned.stability)];
  HOTLOOP_TRY(saveCalibration(context, {floor.floor, utcNow(), shellCommand(program.command)}));
  if (context.format() == "json") {
    Json varying = Json::array();
    for (const BaselineCounter &one : learned.counters)
      if (one.learned.stability != Stability::kConstant)
        varying.push_back({{"counter", one.counter},
                           {"phase", one.phase},
                           {"file", one.file},
                           {"function", one.function},
                           {"class", stabilityName(one.learned.stability)},
                           {"low", one.learned.low},
                           {"high", one.learned.high}});
    HOTLOOP_TRY(context.emit(dumpJson({{"schema", "hotloop.calibrate/1"},
                                       {"command", shellCommand(program.command)},
                                       {"runs", profiles.size()},
                                       {"pairs", pairs.size()},
                                       {"floor", floor.floor},
                                       {"smallest_effect", floor.smallestEffect},
                                       {"pair_spread", floor.spread},
                                       {"false_alarms", floor.falseAlarms},
                                       {"power", floor.power},
                                       {"mean_pairs", floor.meanPairs},
                                       {"log_ratios", pairs},
                                       {"classes",
                                        {{"constant", classes[0]},
                                         {"periodic", classes[1]},
                                         {"bounded", classes[2]},
                                         {"noisy", classes[3]}}},
                                       {"varying", std::move(varying)}})));
    return kExitOk;
  }
  std::string out =
      context.style.bold("hotloop calibrate") + "  " + shellCommand(program.command) + "\n";
  out += fmt::format("{} runs, {} A/A pairs, spread of a pair {:.2f} %\n", profiles.size(),
                     pairs.size(), floor.spread * 100);
  out += fmt::format(
      "noise floor        {:.2f} %   (99 % of A/A shifts over 10 pairs stay below it)\n",
      floor.floor * 100);
  out +=
      fmt::format("smallest effect    {:.2f} %   (set effect to this or more: twice the floor)\n",
                  floor.smallestEffect * 100);
  out += fmt::format("at that effect     {:.1f} % false alarms, {:.1f} % caught, {:.1f} pairs on "
                     "average (resampled {} times)\n",
                     floor.falseAlarms * 100, floor.power * 100, floor.meanPairs, kRounds);
  out += fmt::format("counters           {} constant, {} periodic, {} bounded, {} noisy\n",
                     classes[0], classes[1], classes[2], classes[3]);
  const double effect = 0.05;
  if (floor.smallestEffect > effect)
    out += context.style.unsure(fmt::format(
               "this machine cannot see {:.0f} % reliably now; counters are exact all the same",
               effect * 100)) +
           "\n";
  for (const BaselineCounter &one : learned.counters)
    if (one.learned.stability != Stability::kConstant && one.level == SeriesLevel::kSite &&
        context.verbosity > 0)
      out += fmt::format("  {} {} {} {}: {} to {}\n", stabilityName(one.learned.stability),
                         one.counter, one.file, one.function, one.learned.low, one.learned.high);
  HOTLOOP_TRY(context.emit(out));
  return kExitOk;
}

} // namespace

Command calibrateCommand() {
  std::vector<FlagSpec> flags = measureFlags();
  flags.push_back({"runs", 'n', FlagValue::kCount, "N", {}, false});
  flags.push_back({"seed", 0, FlagValue::kCount, "N", {}, false});
  for (const FlagSpec &flag :
       {formatFlag("text|json"), kJsonFlag, kOutputFlag, kForceFlag, kWarmupFlag, kStepsFlag})
    flags.push_back(flag);
  return {"calibrate",
          "the noise of this machine: the smallest effect that ab can see",
          {flags, {{"PROGRAM [ARGUMENTS]", false, true, true, {}}}, Trailing::kProgram},
          run};
}

} // namespace hotloop::cli
