#include <cstdio>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/base/time.h"
#include "reference_moe/run/commands.h"
#include "reference_moe/run/fallback.h"
#include "reference_moe/run/interleave.h"
#include "reference_moe/run/json.h"
#include "reference_moe/run/measure.h"
#include "reference_moe/run/names.h"
#include "reference_moe/run/statistics.h"
#include "reference_moe/run/trainer.h"

namespace hotloop::moe {

struct Outcome {
  std::vector<double> stepMilliseconds; // of the steps after the warm-up
  double firstLoss = 0;
  double lastLoss = 0;
  std::vector<std::vector<std::int64_t>> tokensPerExpert;
  double steadyMilliseconds = 0; // of one steady step, the device's work included
  double lossScale = 1;
  std::uint64_t fingerprint = 0;
  Trainer::GraphState graph;
};

namespace {

Result<Outcome> loop(Trainer &trainer, const Configuration &configuration) {
  Outcome outcome;
  const std::int64_t warmup = std::min(configuration.warmup, configuration.steps - 1);
  Nanoseconds steadyStart = monotonicNow();
  for (std::int64_t i = 0; i < configuration.steps; ++i) {
    if (i == warmup) {
      trainer.synchronize();
      steadyStart = monotonicNow();
    }
    const Nanoseconds start = monotonicNow();
    HOTLOOP_TRY(trainer.step(i));
    if (i >= warmup) outcome.stepMilliseconds.push_back((monotonicNow() - start).milliseconds());
  }
  trainer.synchronize();
  outcome.steadyMilliseconds = (monotonicNow() - steadyStart).milliseconds() /
                               static_cast<double>(configuration.steps - warmup);
  outcome.lossScale = trainer.lossScale();
  outcome.fingerprint = trainer.fingerprint();
  outcome.graph = trainer.graph();
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
            {"p90", quantile(outcome.stepMilliseconds, 0.9)},
            {"mean", outcome.steadyMilliseconds}}},
          {"loss", {{"first", outcome.firstLoss}, {"last", outcome.lastLoss}}},
          {"loss_scale", outcome.lossScale},
          {"fingerprint", fmt::format("{:016x}", outcome.fingerprint)},
          {"graph",
           {{"graphs", outcome.graph.graphs},
            {"replayed", outcome.graph.replayed},
            {"kernels", outcome.graph.kernels},
            {"nodes", outcome.graph.nodes}}},
          {"tokens_per_expert", outcome.tokensPerExpert}};
}

// The guide's "slower with torch.compile": more warm-up first, then without the optimization.
Result<void> leaveWhatIsSlower(Configuration &configuration, const Machine &machine) {
  const std::optional<WayOut> plain = unoptimized(configuration);
  if (!plain || !check(plain->next, machine)) return {};
  std::vector<Contender> pair;
  pair.push_back({"plain", plain->next, nullptr, 0, {}});
  pair.push_back({"optimized", configuration, nullptr, 0, {}});
  double speedup = 0;
  for (const std::int64_t warmup : {3, 12}) {
    if (!warmUp(pair, warmup)) return {}; // another trouble, which the run itself will meet
    for (Contender &contender : pair) contender.milliseconds.clear();
    HOTLOOP_TRY(runRounds(pair, 7, 3));
    speedup = quantile(ratiosTo(pair[0], pair[1]), 0.5);
    if (speedup >= 0.98) return {};
  }
  fmt::print(stderr,
             "hotloop-moe: Trouble: slower after the optimization, {:.2f}x of the speed of {} also "
             "after more warm-up (shapes are fixed here). Running {} instead.\n",
             speedup, plain->sentence, plain->sentence);
  configuration = plain->next;
  return {};
}

Error beyondLimit(std::int64_t bytes, double limit) {
  return unsupported(fmt::format("Out of memory: activations take {:.2f} MiB and --memory-limit "
                                 "allows {:.2f}; use --checkpoint "
                                 "full and --amp bf16, or lower --tokens.",
                                 static_cast<double>(bytes) / (1 << 20), limit));
}

} // namespace

void RunCommand::addTo(CLI::App &app) {
  command_ = app.add_subcommand("run", "train or infer; print the step time and the loss");
  flags_.addTo(*command_, true);
  command_->add_option("--memory-limit", memoryLimit_,
                       "MiB that activations may take; more counts as out of memory; 0 = no limit");
  command_->add_flag("--fallback", fallback_,
                     "when compiling, memory, capture or speed fails, say so and take the guide's "
                     "remedy instead of stopping");
  command_->add_flag("--json", json_, "print the result as JSON");
}

Result<Outcome> RunCommand::tryOnce(const Configuration &configuration) const {
  std::unique_ptr<StepMeter> meter;
  if (memoryLimit_ > 0) meter = std::make_unique<StepMeter>(configuration.device);
  HOTLOOP_ASSIGN(const auto trainer, Trainer::create(configuration));
  HOTLOOP_ASSIGN(Outcome outcome, loop(*trainer, configuration));
  if (meter) {
    std::int64_t index = configuration.steps; // two more, as stack and validate count them
    HOTLOOP_ASSIGN(const std::int64_t activation, meter->peakActivation(*trainer, index));
    if (static_cast<double>(activation) > memoryLimit_ * (1 << 20))
      return Unexpected(beyondLimit(activation, memoryLimit_));
  }
  return outcome;
}

Result<void> RunCommand::execute() const {
  std::vector<std::string> notes;
  const Machine machine = probeMachine();
  HOTLOOP_ASSIGN(Configuration configuration, flags_.configure(machine, notes, fallback_));
  for (const std::string &note : notes) fmt::print(stderr, "hotloop-moe: {}\n", note);
  setThreads(configuration.threads);
  if (fallback_) HOTLOOP_TRY(leaveWhatIsSlower(configuration, machine));
  Result<Outcome> outcome = tryOnce(configuration);
  while (!outcome) {
    std::optional<WayOut> way;
    if (fallback_) way = wayOut(configuration, outcome.error());
    if (!way) return Unexpected(outcome.error());
    fmt::print(stderr, "hotloop-moe: {}\n", way->sentence);
    configuration = std::move(way->next);
    outcome = tryOnce(configuration);
  }
  if (json_) {
    fmt::print("{}\n", toJson(configuration, *outcome).dump(2));
    return {};
  }
  const std::vector<double> &steps = outcome->stepMilliseconds;
  fmt::print("{}\n", describe(configuration.toggles));
  fmt::print("steps {} (steady {})   step {:.3f} ms median, {:.3f} to {:.3f} (p10 to p90)\n",
             configuration.steps, steps.size(), quantile(steps, 0.5), quantile(steps, 0.1),
             quantile(steps, 0.9));
  fmt::print("{} {:.6f} at the first step, {:.6f} at the last\n",
             configuration.toggles.mode == Mode::kTrain ? "loss" : "mean square of the output",
             outcome->firstLoss, outcome->lastLoss);
  return {};
}

} // namespace hotloop::moe
