#include "cli/prove/measure_sides.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analyzers/steps/lanes.h"
#include "analyzers/steps/steps.h"
#include "cli/gate/subprocess.h"
#include "cli/gate/text_file.h"
#include "core/store/output_file.h"
#include "core/store/run_reader.h"

namespace hotloop::cli {

namespace {

using Json = nlohmann::json;

constexpr double kGraceSeconds = 60; // a program may end this long after the time that was given
constexpr std::size_t kBlocks = 5;
constexpr std::size_t kShownBytes = 300;

std::string lastWords(const std::string &file) {
  auto text = readTextFile(file);
  if (!text) return "it said nothing";
  std::string &words = *text;
  while (!words.empty() && (words.back() == '\n' || words.back() == '\r')) words.pop_back();
  if (words.size() > kShownBytes) words.erase(0, words.size() - kShownBytes);
  std::replace(words.begin(), words.end(), '\n', '|');
  return words.empty() ? "it said nothing" : words;
}

Result<std::string> runQuietly(const ProveRunner &runner, const std::vector<std::string> &command,
                               bool capture) {
  SubprocessOptions options;
  options.capture = capture;
  options.quiet = true;
  options.errorFile = runner.folder + "/said.log";
  options.timeout = std::chrono::milliseconds(
      static_cast<std::int64_t>((std::max(runner.secondsLeft(), 0.0) + kGraceSeconds) * 1e3));
  HOTLOOP_ASSIGN(SubprocessOutcome outcome, runSubprocess(command, options));
  if (outcome.timedOut)
    return Unexpected(nothingMeasured(
        fmt::format("{} did not end within the budget and a minute", shellCommand(command))));
  if (outcome.exitCode != 0)
    return Unexpected(
        nothingMeasured(fmt::format("{} failed with exit code {}: {}", shellCommand(command),
                                    outcome.exitCode, lastWords(options.errorFile))));
  return std::move(outcome.output);
}

std::vector<std::string> recordCommandLine(const ProveRunner &runner, const std::string &path,
                                           std::vector<std::string> flags,
                                           const std::vector<std::string> &command) {
  const std::string &self = runner.context.surroundings.executable;
  std::vector<std::string> words{self.empty() ? "hotloop" : self, "record", "-q", "-f", "-o", path};
  words.insert(words.end(), flags.begin(), flags.end());
  words.push_back("--");
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

} // namespace

double ProveRunner::secondsLeft() const {
  return std::chrono::duration<double>(end - std::chrono::steady_clock::now()).count();
}

Result<std::map<std::string, std::vector<double>>> runBench(const ProveRunner &runner,
                                                            const SuiteGroup &group,
                                                            const std::vector<std::string> &names) {
  std::vector<std::string> command = group.bench;
  for (const std::string &name : names) {
    command.push_back("--compare");
    command.push_back(name);
  }
  for (const auto &[flag, value] :
       {std::pair("--rounds", group.rounds), {"--steps", group.steps}}) {
    command.push_back(flag);
    command.push_back(std::to_string(value));
  }
  command.push_back("--json");
  HOTLOOP_ASSIGN(const std::string output, runQuietly(runner, command, true));
  std::map<std::string, std::vector<double>> rounds;
  const std::size_t open = output.find('{');
  const Json json = Json::parse(open == output.npos ? "" : output.substr(open), nullptr, false);
  if (json.is_object() && json.contains("configurations") && json["configurations"].is_array())
    for (const Json &one : json["configurations"]) {
      const Json found = one.value("/step_ms/rounds"_json_pointer, Json());
      if (!found.is_array() || !one.value("name", Json()).is_string()) continue;
      auto &times = rounds[one["name"].get<std::string>()];
      for (const Json &time : found)
        if (time.is_number()) times.push_back(time.get<double>());
    }
  for (const std::string &name : names)
    if (rounds[name].empty())
      return Unexpected(nothingMeasured(
          fmt::format("{} printed no step times of {} (configurations[].step_ms.rounds)",
                      shellCommand(command), name)));
  return rounds;
}

Result<double> runMarked(const ProveRunner &runner, const std::vector<std::string> &command) {
  const std::string path = runner.folder + "/marks.hotloop";
  HOTLOOP_TRY(runQuietly(
      runner,
      recordCommandLine(runner, path,
                        {"--no-cuda", "--no-operators", "--no-python-frames", "--stacks", "off"},
                        command),
      false));
  auto run = loadRun(path);
  removeRunFile(path);
  if (!run) return Unexpected(run.error());
  const Steps steps = findSteps(*run, -1);
  const std::size_t count = steps.steady.size();
  if (count < kMinimumSteadySteps)
    return Unexpected(nothingMeasured(fmt::format(
        "{} marks no steps (hotloop_step_begin/end, or an NVTX range named \"step\"), so nobody "
        "can time them without recording",
        shellCommand(command))));
  const auto startOf = [&](std::size_t i) {
    return static_cast<double>(steps.all[steps.steady[i]].start.count);
  };
  // Means of blocks of steps, since neighbours share the device's queue; one pause spoils one
  // block.
  std::vector<double> blocks;
  const std::size_t parts = std::min(kBlocks, count - 1);
  for (std::size_t k = 0; k < parts; ++k) {
    const std::size_t first = k * (count - 1) / parts, last = (k + 1) * (count - 1) / parts;
    blocks.push_back((startOf(last) - startOf(first)) / static_cast<double>(last - first));
  }
  return medianInPlace(blocks) * 1e-6;
}

Result<void> recordProgram(const ProveRunner &runner, const std::vector<std::string> &command,
                           const std::string &path) {
  HOTLOOP_TRY(runQuietly(runner, recordCommandLine(runner, path, {}, command), false));
  return {};
}

} // namespace hotloop::cli
