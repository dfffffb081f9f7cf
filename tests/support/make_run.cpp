#include "tests/support/make_run.h"

#include <string>

#include "core/trace/meta_keys.h"
#include "tests/support/moe_loop.h"
#include "tests/support/simulated_program.h"

namespace hotloop::test_support {

namespace {

constexpr std::uint64_t kMostEvents = 100'000'000;

// Few layers in a short run, so that it has steps enough for medians.
std::uint32_t layersFor(std::uint64_t events) {
  if (events < 20'000) return 1;
  return events < 1'000'000 ? 2 : 4;
}

void describeRun(TraceSink &sink, const MakeRunOptions &options) {
  sink.setMeta(meta_key::kSource, "make_run");
  sink.setMeta(meta_key::kSeed, std::to_string(options.seed));
  sink.setMeta(meta_key::kCommand, "python3 train.py");
  sink.setMeta(meta_key::kWorkingDirectory, "/home/user/moe");
  sink.setMeta(meta_key::kHost, "made");
  sink.setMeta(meta_key::kTorchVersion, "2.11.0");
  sink.setMeta(meta_key::kTorchAttachment, "plugin");
  sink.setMeta(meta_key::kPythonVersion, "3.11.2");
  sink.setMeta(meta_key::kStartMonotonic, "1000000000");
  sink.setMeta(meta_key::kStartRealtime, "1700000000000000000");
  if (options.device) sink.setMeta(meta_key::kCudaVersion, "13.0");
}

void addClockReading(SimulatedProgram &program) {
  ClockSyncRow row;
  row.monotonic = program.mainLane().now;
  row.realtime = row.monotonic.count + 1'699'999'999'000'000'000;
  program.sink().add(row);
}

} // namespace

Result<MadeRun> makeRun(TraceSink &sink, const MakeRunOptions &options) {
  if (options.events == 0 || options.events > kMostEvents)
    return Unexpected(invalidInput("The number of events must lie between 1 and 100 000 000, not " +
                                   std::to_string(options.events)));
  if (options.experts == 0)
    return Unexpected(invalidInput("The number of experts must be at least 1"));
  MakeRunOptions chosen = options;
  if (chosen.layers == 0) chosen.layers = layersFor(options.events);

  describeRun(sink, chosen);
  SimulatedProgram program(sink, chosen.seed, chosen.device);
  MoeLoop loop(program, chosen);
  addClockReading(program);
  MadeRun made;
  while (program.rows() < chosen.events) {
    loop.step(static_cast<std::int64_t>(made.steps++));
    if (made.steps % 1024 == 0) HOTLOOP_TRY(sink.commit());
  }
  if (program.device() != nullptr) program.device()->synchronize(program.mainLane(), Place());
  addClockReading(program);
  sink.setMeta(meta_key::kEndMonotonic, std::to_string(program.mainLane().now.count));
  HOTLOOP_TRY(sink.commit());
  made.events = program.rows();
  for (const Plant plant : chosen.plants)
    made.planted.push_back({plantInfo(plant), static_cast<double>(loop.occurrences(plant)) /
                                                  static_cast<double>(made.steps)});
  return made;
}

} // namespace hotloop::test_support
