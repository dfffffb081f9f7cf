#include <cstdio>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/base/time.h"
#include "reference_moe/run/commands.h"
#include "reference_moe/run/json.h"
#include "reference_moe/run/names.h"
#include "reference_moe/run/statistics.h"
#include "reference_moe/run/trainer.h"

namespace hotloop::moe {
namespace {

struct Outcome {
  std::vector<double> stepMilliseconds; // of the steps after the warm-up
  double firstLoss = 0;
  double lastLoss = 0;
  std::vector<std::vector<std::int64_t>> tokensPerExpert;
};

Result<Outcome> loop(Trainer &trainer, const Configuration &configuration) {
  Outcome outcome;
  const std::int64_t warmup = std::min(configuration.warmup, configuration.steps - 1);
  for (std::int64_t i = 0; i < configuration.steps; ++i) {
    const Nanoseconds start = monotonicNow();
    HOTLOOP_TRY(trainer.step(i));
    if (i >= warmup) outcome.stepMilliseconds.push_back((monotonicNow() - start).milliseconds());
  }
  trainer.synchronize();
  outcome.firstLoss = trainer.firstLoss();
  outcome.lastLoss = trainer.losses(1).front();
  outcome.tokensPerExpert = trainer.tokensPerExpert();
  return outcome;
}

Json toJson(const Configuration &c, const Outcome &outcome) {
  Json unsafe = Json::array();
  for (std::size_t i = 0; i < c.unsafe.size(); ++i)
    if (c.unsafe[i]) unsafe.push_back(unsafeNames()[i]);
  return {{"toggles", togglesToJson(c.toggles)},
          {"unsafe", unsafe},
          {"sizes", sizesToJson(c.sizes)},
          {"activation", nameOf(c.activation, activationNames())},
          {"device", nameOf(c.device, deviceNames())},
          {"seed", c.seed},
          {"steps", c.steps},
          {"steady_steps", outcome.stepMilliseconds.size()},
          {"step_ms",
           {{"median", quantile(outcome.stepMilliseconds, 0.5)},
            {"p10", quantile(outcome.stepMilliseconds, 0.1)},
            {"p90", quantile(outcome.stepMilliseconds, 0.9)}}},
          {"loss", {{"first", outcome.firstLoss}, {"last", outcome.lastLoss}}},
          {"tokens_per_expert", outcome.tokensPerExpert}};
}

} // namespace

void RunCommand::addTo(CLI::App &app) {
  command_ = app.add_subcommand("run", "train or infer; print the step time and the loss");
  flags_.addTo(*command_, true);
  command_->add_flag("--json", json_, "print the result as JSON");
}

Result<void> RunCommand::execute() const {
  std::vector<std::string> notes;
  HOTLOOP_ASSIGN(const Configuration configuration, flags_.configure(probeMachine(), notes));
  for (const std::string &note : notes) fmt::print(stderr, "hotloop-moe: {}\n", note);
  setThreads(configuration.threads);
  HOTLOOP_ASSIGN(const auto trainer, Trainer::create(configuration));
  HOTLOOP_ASSIGN(const Outcome outcome, loop(*trainer, configuration));
  if (json_) {
    fmt::print("{}\n", toJson(configuration, outcome).dump(2));
    return {};
  }
  const std::vector<double> &steps = outcome.stepMilliseconds;
  fmt::print("{}\n", describe(configuration.toggles));
  fmt::print("steps {} (steady {})   step {:.3f} ms median, {:.3f} to {:.3f} (p10 to p90)\n",
             configuration.steps, steps.size(), quantile(steps, 0.5), quantile(steps, 0.1),
             quantile(steps, 0.9));
  fmt::print("{} {:.6f} at the first step, {:.6f} at the last\n",
             configuration.toggles.mode == Mode::kTrain ? "loss" : "mean square of the output",
             outcome.firstLoss, outcome.lastLoss);
  return {};
}

} // namespace hotloop::moe
