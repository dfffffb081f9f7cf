#include <CLI/CLI.hpp>

#include <cstdio>
#include <string>
#include <vector>

#include "core/store/run_writer.h"
#include "tests/support/make_run.h"
#include "tests/support/plants/device_plants.h"

namespace {

using namespace hotloop;
using namespace hotloop::test_support;

int fail(const std::string &message) {
  std::fprintf(stderr, "hotloop-make-run: %s\n", message.c_str());
  return 2;
}

std::string plantNames() {
  std::string names;
  for (const PlantInfo &plant : plantCatalogue())
    names += (names.empty() ? "" : ",") + std::string(plant.name);
  return names;
}

std::string habitNames() {
  std::string names;
  for (const DevicePlant &plant : devicePlants())
    names += (names.empty() ? "" : ",") + std::string(plant.name);
  return names;
}

// A run of the other made program: a training loop that the device bounds.
int writeHabit(RunWriter &writer, const std::string &name, bool twin, int steps) {
  const DevicePlant *plant = findDevicePlant(name);
  if (plant == nullptr && name != "none")
    return fail("unknown habit '" + name + "'; known are none," + habitNames());
  playDeviceRun(writer, plant, twin ? PlantForm::kTwin : PlantForm::kHabit, steps);
  if (const auto finished = writer.finalise(RunState::kClean); !finished)
    return fail(finished.error().message);
  if (plant != nullptr)
    std::printf("%s %s%s, at %s of script.py\n", std::string(plant->rule).c_str(), name.c_str(),
                twin ? " (its benign twin)" : "", std::string(plant->function).c_str());
  return 0;
}

} // namespace

int main(int argc, char **argv) {
  CLI::App app{"Writes a made run file: a mixture-of-experts training loop with planted problems"};
  MakeRunOptions options;
  std::vector<std::string> plants;
  std::string marks = "api";
  std::string output;
  app.add_option("--events", options.events, "Events to make, 1 to 100000000")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Same seed, same run")->capture_default_str();
  app.add_flag("--device", options.device, "With CUDA calls, kernels, copies and synchronisations");
  app.add_flag("--graph", options.graph, "With --device: the optimizer is one CUDA graph");
  app.add_option("--layers", options.layers, "Layers of the model; 0: by the number of events");
  app.add_option("--experts", options.experts, "Experts per layer")->capture_default_str();
  app.add_option("--plant", plants, "Problems, or all: " + plantNames())->delimiter(',');
  app.add_option("--marks", marks, "How steps are marked: api, nvtx, profiler, none")
      ->check(CLI::IsMember({"api", "nvtx", "profiler", "none"}));
  app.add_option("-o,--output", output, "Run file to write, replaced when it exists")->required();
  std::string habit;
  bool twin = false;
  int steps = 32;
  app.add_option("--habit", habit,
                 "Instead: a loop that the device bounds, with this habit: none," + habitNames());
  app.add_flag("--twin", twin, "With --habit: what looks like it and is fine");
  app.add_option("--steps", steps, "With --habit: steps")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  if (marks == "nvtx") options.marks = StepMarks::kNvtx;
  if (marks == "profiler") options.marks = StepMarks::kProfiler;
  if (marks == "none") options.marks = StepMarks::kNone;
  for (const std::string &name : plants) {
    if (name == "all") {
      for (const PlantInfo &plant : plantCatalogue()) options.plants.push_back(plant.plant);
      continue;
    }
    const auto plant = findPlant(name);
    if (!plant) return fail("unknown problem '" + name + "'; known are " + plantNames());
    options.plants.push_back(*plant);
  }

  RunWriterOptions writerOptions;
  writerOptions.overwrite = true;
  auto writer = RunWriter::create(output, writerOptions);
  if (!writer) return fail(writer.error().message);
  if (!habit.empty()) return writeHabit(**writer, habit, twin, steps);
  auto made = makeRun(**writer, options);
  const auto finished = (*writer)->finalise(made ? RunState::kClean : RunState::kTruncated);
  if (!made) return fail(made.error().message);
  if (!finished) return fail(finished.error().message);
  std::printf("%s: %llu events, %llu steps\n", output.c_str(),
              static_cast<unsigned long long>(made->events),
              static_cast<unsigned long long>(made->steps));
  for (const PlantedProblem &problem : made->planted)
    std::printf("%-6s %-14s %s:%u %s, %.3g per step\n", std::string(problem.info.rule).c_str(),
                std::string(problem.info.name).c_str(), std::string(problem.info.file).c_str(),
                problem.info.line, std::string(problem.info.function).c_str(), problem.perStep);
  return 0;
}
