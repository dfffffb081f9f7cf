#include "cli/record/measure_t0.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include <fmt/format.h>

#include "analyzers/steps/steps.h"
#include "core/store/run_reader.h"

namespace hotloop::cli {

Result<Nanoseconds> measureStepTime(RecordOptions options) {
  const std::string path = options.output + ".t0";
  options.output = path;
  options.overwrite = true;
  options.operators = options.cuda = options.pythonFrames = false;
  options.stacks = StackPolicy::kOff;
  options.window = {};
  options.rawFolder.clear();
  HOTLOOP_ASSIGN(const RecordOutcome outcome, record(options));
  auto run = loadRun(path);
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  if (outcome.exitStatus != 0)
    return Unexpected(invalidInput(
        fmt::format("--measure-t0: the program ended with code {} in the run without recording",
                    outcome.exitStatus)));
  if (!run) return Unexpected(run.error());
  const Steps steps = findSteps(*run, -1);
  if (steps.steady.size() < kMinimumSteadySteps)
    return Unexpected(invalidInput(
        "--measure-t0: the program marks no steps (hotloop_step_begin/end, or an NVTX range named "
        "\"step\"), so their time cannot be measured without recording"));
  std::vector<Nanoseconds> lengths;
  for (const std::uint32_t index : steps.steady)
    lengths.push_back(steps.all[index].end - steps.all[index].start);
  const auto middle = lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() / 2);
  std::nth_element(lengths.begin(), middle, lengths.end());
  return *middle;
}

} // namespace hotloop::cli
