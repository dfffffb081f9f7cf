#include <cstdio>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/base/time.h"
#include "reference_moe/run/commands.h"
#include "reference_moe/run/json.h"
#include "reference_moe/run/names.h"
#include "reference_moe/run/presets.h"
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

struct Contender {
  std::string name;
  Configuration configuration;
  std::unique_ptr<Trainer> trainer;
  std::int64_t stepsDone = 0;
  std::vector<double> milliseconds; // per round: mean step time
};

// "preset" or "toggle=value,..." or "preset,toggle=value,...".
Result<Toggles> parseComparison(std::string_view text, Device device,
                                std::vector<std::string> &notes) {
  Toggles toggles;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    rest = comma == rest.npos ? "" : rest.substr(comma + 1);
    const std::size_t equals = part.find('=');
    if (equals != part.npos) {
      HOTLOOP_TRY(setToggle(toggles, part.substr(0, equals), part.substr(equals + 1)));
      continue;
    }
    HOTLOOP_ASSIGN(const Preset preset, findPreset(part));
    toggles = preset.wants;
    for (std::string &note : fitPreset(toggles, device))
      notes.push_back(fmt::format("{}: {}", text, note));
  }
  return toggles;
}

Result<void> runRound(Contender &contender, std::int64_t steps) {
  const Nanoseconds start = monotonicNow();
  for (std::int64_t i = 0; i < steps; ++i)
    HOTLOOP_TRY(contender.trainer->step(contender.stepsDone++));
  contender.trainer->synchronize();
  contender.milliseconds.push_back((monotonicNow() - start).milliseconds() /
                                   static_cast<double>(steps));
  return {};
}

std::vector<double> ratiosTo(const Contender &first, const Contender &other) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < first.milliseconds.size(); ++i)
    ratios.push_back(first.milliseconds[i] / other.milliseconds[i]);
  return ratios;
}

Json spread(const std::vector<double> &values) {
  return {{"median", quantile(values, 0.5)},
          {"p10", quantile(values, 0.1)},
          {"p90", quantile(values, 0.9)}};
}

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
  const Json json{{"sizes", sizesToJson(base.sizes)},
                  {"steps_per_round", steps},
                  {"configurations", std::move(list)}};
  fmt::print("{}\n", json.dump(2));
}

} // namespace

void BenchCommand::addTo(CLI::App &app) {
  command_ = app.add_subcommand("bench", "compare configurations in interleaved rounds");
  flags_.addTo(*command_, false);
  command_
      ->add_option("--compare", comparisons_,
                   "a preset, or toggle=value,...; repeat it. The first one is what the others are "
                   "held against. Without any: one optimization after the other")
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
  if (rounds_ < 1 || rounds_ > 1'000'000)
    return Unexpected(
        invalidInput(fmt::format("--rounds is {}; it must be 1 to 1000000.", rounds_)));
  if (steps_ < 1 || steps_ > 1'000'000)
    return Unexpected(invalidInput(fmt::format("--steps is {}; it must be 1 to 1000000.", steps_)));
  std::vector<std::string> notes;
  const Machine machine = probeMachine();
  HOTLOOP_ASSIGN(Configuration base, flags_.configure(machine, notes));
  base.sampleEvery = 0;

  std::vector<std::string> names = comparisons_;
  if (names.empty()) names.assign(std::begin(kLadder), std::end(kLadder));
  std::vector<Contender> contenders;
  for (const std::string &name : names) {
    Contender contender{name, base, nullptr, 0, {}};
    HOTLOOP_ASSIGN(contender.configuration.toggles, parseComparison(name, base.device, notes));
    HOTLOOP_TRY(check(contender.configuration, machine));
    contenders.push_back(std::move(contender));
  }
  for (const std::string &note : notes) fmt::print(stderr, "hotloop-moe: {}\n", note);
  setThreads(base.threads);
  for (Contender &contender : contenders) {
    HOTLOOP_ASSIGN(contender.trainer, Trainer::create(contender.configuration));
    for (std::int64_t i = 0; i < base.warmup; ++i)
      HOTLOOP_TRY(contender.trainer->step(contender.stepsDone++));
  }
  for (std::int64_t round = 0; round < rounds_; ++round) {
    fmt::print(stderr, "\rround {} of {}", round + 1, rounds_);
    // Every other round runs backwards, so that a drift of the machine favours nobody.
    for (std::size_t i = 0; i < contenders.size(); ++i)
      HOTLOOP_TRY(runRound(contenders[round % 2 ? contenders.size() - 1 - i : i], steps_));
  }
  fmt::print(stderr, "\n");
  json_ ? printJson(contenders, base, steps_) : print(contenders, base);
  return {};
}

} // namespace hotloop::moe
