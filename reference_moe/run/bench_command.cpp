#include <cstdio>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reference_moe/run/commands.h"
#include "reference_moe/run/interleave.h"
#include "reference_moe/run/json.h"
#include "reference_moe/run/names.h"
#include "reference_moe/run/statistics.h"
#include "reference_moe/run/trainer.h"

namespace hotloop::moe {
namespace {

// One optimization after the other, then all of them.
constexpr std::string_view kLadder[] = {
    "baseline",
    "dispatch=stacked",
    "dispatch=dense",
    "dispatch=grouped",
    "dispatch=grouped,fusion=kernels",
    "dispatch=grouped,fusion=kernels,buffers=reuse,inplace=on,optimizer=fused",
    "dispatch=grouped,fusion=kernels,buffers=reuse,inplace=on,optimizer=fused,amp=bf16",
};

void print(const std::vector<Contender> &contenders, const Configuration &base) {
  const Sizes &s = base.sizes;
  fmt::print("T={} d={} I={} E={} k={} layers={}\n", s.tokens, s.dim, s.hidden, s.experts, s.topK,
             s.layers);
  fmt::print("{:>10} {:>19} {:>8} {:>15}  {}\n", "step ms", "p10 to p90", "faster", "p10 to p90",
             "configuration");
  for (const Contender &contender : contenders) {
    const std::vector<double> ratios = ratiosTo(contenders.front(), contender);
    const std::vector<double> &ms = contender.milliseconds;
    fmt::print("{:>10.3f} {:>8.3f} - {:>8.3f} {:>7.2f}x {:>6.2f} - {:>6.2f}  {}\n",
               quantile(ms, 0.5), quantile(ms, 0.1), quantile(ms, 0.9), quantile(ratios, 0.5),
               quantile(ratios, 0.1), quantile(ratios, 0.9), contender.name);
  }
}

void printJson(const std::vector<Contender> &contenders, const Configuration &base,
               std::int64_t steps) {
  Json list = Json::array();
  for (const Contender &contender : contenders) {
    Json time = spread(contender.milliseconds);
    time["rounds"] = contender.milliseconds;
    list.push_back({{"name", contender.name},
                    {"toggles", togglesToJson(contender.configuration.toggles)},
                    {"step_ms", std::move(time)},
                    {"ratio", spread(ratiosTo(contenders.front(), contender))}});
  }
  const Json json{{"machine", machineJson(base)},
                  {"sizes", sizesToJson(base.sizes)},
                  {"device", nameOf(base.device, deviceNames())},
                  {"steps_per_round", steps},
                  {"configurations", std::move(list)}};
  fmt::print("{}\n", json.dump(2));
}

} // namespace

Result<void> checkCount(std::string_view flag, std::int64_t value) {
  if (value >= 1 && value <= 1'000'000) return {};
  return Unexpected(invalidInput(fmt::format("--{} is {}; it must be 1 to 1000000.", flag, value)));
}

void BenchCommand::addTo(CLI::App &app) {
  command_ = app.add_subcommand("bench", "compare configurations in interleaved rounds");
  flags_.addTo(*command_, false);
  command_
      ->add_option("--compare", comparisons_,
                   "a preset, or toggle=value,...; repeat it. The first one is what the others are "
                   "held against. Also unsafe=item+print and delay=host:router=50. Without any: "
                   "one optimization after the other")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group("Comparison");
  command_->add_option("--rounds", rounds_, "rounds; each runs every configuration once")
      ->capture_default_str()
      ->group("Comparison");
  command_->add_option("--steps", steps_, "steps of one configuration in one round")
      ->capture_default_str()
      ->group("Comparison");
  command_->add_flag("--json", json_, "print the result as JSON");
}

Result<void> BenchCommand::execute() const {
  HOTLOOP_TRY(checkCount("rounds", rounds_));
  HOTLOOP_TRY(checkCount("steps", steps_));
  std::vector<std::string> notes;
  const Machine machine = probeMachine();
  HOTLOOP_ASSIGN(Configuration base, flags_.configure(machine, notes));
  base.sampleEvery = 0;

  std::vector<std::string> names = comparisons_;
  if (names.empty()) names.assign(std::begin(kLadder), std::end(kLadder));
  std::vector<Contender> contenders;
  for (const std::string &name : names) {
    Contender contender{name, base, nullptr, 0, {}};
    HOTLOOP_ASSIGN(contender.configuration, parseContender(name, base, machine, notes));
    contenders.push_back(std::move(contender));
  }
  for (const std::string &note : notes) fmt::print(stderr, "hotloop-moe: {}\n", note);
  setThreads(base.threads);
  HOTLOOP_TRY(warmUp(contenders, base.warmup));
  HOTLOOP_TRY(runRounds(contenders, rounds_, steps_));
  json_ ? printJson(contenders, base, steps_) : print(contenders, base);
  return {};
}

} // namespace hotloop::moe
