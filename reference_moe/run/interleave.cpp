#include "reference_moe/run/interleave.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <thread>

#include <fmt/format.h>

#include "core/base/time.h"
#include "reference_moe/device/device.h"
#include "reference_moe/run/names.h"
#include "reference_moe/run/presets.h"
#include "reference_moe/run/statistics.h"
#include "reference_moe/run/versions.h"

namespace hotloop::moe {
namespace {

Result<void> runRound(Contender &contender, std::int64_t steps) {
  const Nanoseconds start = monotonicNow();
  for (std::int64_t i = 0; i < steps; ++i)
    HOTLOOP_TRY(contender.trainer->step(contender.stepsDone++));
  contender.trainer->synchronize();
  contender.milliseconds.push_back((monotonicNow() - start).milliseconds() /
                                   static_cast<double>(steps));
  return {};
}

std::string processorName(bool &bf16) {
  std::ifstream info("/proc/cpuinfo");
  std::string name = "unknown";
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) name = line.substr(line.find(':') + 2);
    if (!line.starts_with("flags")) continue;
    bf16 = line.find(" avx512_bf16") != line.npos || line.find(" amx_bf16") != line.npos;
    break;
  }
  return name;
}

} // namespace

Result<Toggles> parseComparison(std::string_view text, const Configuration &base,
                                const Machine &machine, std::vector<std::string> &notes) {
  Toggles toggles;
  toggles.mode = base.toggles.mode;
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
    for (std::string &note : fitPreset(toggles, base.device, machine, !base.package.empty()))
      notes.push_back(fmt::format("{}: {}", text, note));
  }
  return toggles;
}

Result<Configuration> parseContender(std::string_view text, const Configuration &base,
                                     const Machine &machine, std::vector<std::string> &notes) {
  Configuration configuration = base;
  std::string toggles;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    rest = comma == rest.npos ? "" : rest.substr(comma + 1);
    if (part.starts_with("unsafe=")) {
      std::string habits(part.substr(7));
      std::replace(habits.begin(), habits.end(), '+', ',');
      HOTLOOP_TRY(parseUnsafe(habits, configuration));
    } else if (part.starts_with("delay=")) {
      HOTLOOP_ASSIGN(Delay delay, parseDelay(part.substr(6)));
      configuration.delays.push_back(std::move(delay));
    } else {
      toggles += (toggles.empty() ? "" : ",") + std::string(part);
    }
  }
  HOTLOOP_ASSIGN(configuration.toggles, parseComparison(toggles, base, machine, notes));
  HOTLOOP_TRY(check(configuration, machine));
  return configuration;
}

Result<void> warmUp(std::vector<Contender> &contenders, std::int64_t steps) {
  for (Contender &contender : contenders) {
    if (!contender.trainer)
      HOTLOOP_TRY([&]() -> Result<void> {
        HOTLOOP_ASSIGN(contender.trainer, Trainer::create(contender.configuration));
        return {};
      }());
    const bool graphs =
        replaysGraph(contender.configuration.toggles, contender.configuration.device);
    for (std::int64_t i = 0; i < std::max<std::int64_t>(steps, graphs ? 5 : 0); ++i)
      HOTLOOP_TRY(contender.trainer->step(contender.stepsDone++));
  }
  return {};
}

Result<void> runRounds(std::vector<Contender> &contenders, std::int64_t rounds,
                       std::int64_t steps) {
  for (std::int64_t round = 0; round < rounds; ++round) {
    fmt::print(stderr, "\rround {} of {}", round + 1, rounds);
    for (std::size_t i = 0; i < contenders.size(); ++i)
      HOTLOOP_TRY(runRound(contenders[round % 2 ? contenders.size() - 1 - i : i], steps));
  }
  fmt::print(stderr, "\n");
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

Json machineJson(const Configuration &configuration) {
  bool bf16 = false;
  const std::string processor = processorName(bf16);
  return {{"processor", processor},
          {"cores", std::thread::hardware_concurrency()},
          {"native_bf16", bf16},
          {"gpu", configuration.device == Device::kCuda ? deviceName() : ""},
          {"torch", torchVersion()}};
}

} // namespace hotloop::moe
