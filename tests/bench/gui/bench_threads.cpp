#include <filesystem>
#include <fstream>
#include <unistd.h>

#include "core/store/run_writer.h"
#include "gui/data/trace/trace_load.h"
#include "gui/pages/timeline/timeline_view.h"
#include "tests/bench/gui/measure.h"
#include "tests/bench/gui/sections.h"
#include "tests/support/many_threads.h"

namespace hotloop::gui_bench {
namespace {

using namespace hotloop::gui;

// "VmHWM:   1234 kB" of this process, in MB.
double peakMegabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes / 1024;
  }
  return 0;
}

Result<std::string> madeThreads(const std::string &folder, std::uint32_t threads) {
  const std::string path = folder + fmt::format("/gui_bench_threads_{}.hotloop", threads);
  if (std::filesystem::exists(path)) return path;
  RunWriterOptions options;
  options.survivesWriter = false;
  HOTLOOP_ASSIGN(const auto writer, RunWriter::create(path, options));
  HOTLOOP_TRY(test_support::makeManyThreads(*writer, threads));
  HOTLOOP_TRY(writer->finalise(RunState::kClean));
  return path;
}

} // namespace

void threadsSection(const std::string &folder, std::uint64_t events) {
  const auto threads = static_cast<std::uint32_t>(events / test_support::kEventsPerThread);
  const auto run = madeThreads(folder, threads);
  if (!run) return row("threads", run.error().message);
  const auto start = Clock::now();
  const auto trace = loadTrace(*run);
  if (!trace) return row("threads", trace.error().message);
  row(fmt::format("a run of {} threads: read", threads), fmt::format("{:.0f} ms", since(start)));
  const auto before = Clock::now();
  TimelineView view(*trace);
  view.resize(1920, 1080);
  view.grab();
  row("  laid out and drawn", fmt::format("{:.0f} ms", since(before)));
  std::vector<double> frames;
  constexpr int kFrames = 200;
  for (int i = 0; i < kFrames; ++i) {
    const auto frame = Clock::now();
    view.setScroll(static_cast<int>(static_cast<double>(view.scrollRange()) * i / kFrames));
    view.grab();
    frames.push_back(since(frame));
  }
  row("  scrolled from end to end", quantiles(std::move(frames)));
  row("  resident at most", fmt::format("{:.0f} MB", peakMegabytes()));
}

} // namespace hotloop::gui_bench
