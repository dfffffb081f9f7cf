#include <fcntl.h>
#include <malloc.h>
#include <time.h>
#include <unistd.h>

#include <QApplication>
#include <QImage>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "core/store/run_writer.h"
#include "gui/data/run_document.h"
#include "gui/data/trace/area_stats.h"
#include "gui/data/trace/search.h"
#include "gui/data/trace/trace_cache.h"
#include "gui/pages/timeline/timeline_view.h"
#include "gui/view/raster.h"
#include "tests/support/make_run.h"

// gui_bench [EVENTS] [FOLDER]: makes a run of that size (10^5 by default, kept in FOLDER) and
// prints what the viewer needs for it. 10^7 are the figures of the README.
namespace {

using namespace hotloop;
using namespace hotloop::gui;
using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// Milliseconds that the thread, or the whole process, computed: what a shared machine takes away
// meanwhile is not in it.
double computed(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

// "median (least to greatest) ms" of several rounds.
template <class Work> std::string rounds(int count, Work &&work) {
  std::vector<double> all;
  for (int i = 0; i < count; ++i) {
    const auto start = Clock::now();
    work();
    all.push_back(since(start));
  }
  std::sort(all.begin(), all.end());
  return fmt::format("{:.3g} ({:.3g} to {:.3g}) ms", all[all.size() / 2], all.front(), all.back());
}

double residentBytes() {
  std::ifstream file("/proc/self/statm");
  double pages = 0;
  file >> pages >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void dropFromPageCache(const std::string &path) {
  const int file = open(path.c_str(), O_RDONLY);
  if (file < 0) return;
  fdatasync(file);
  posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  close(file);
}

bool make(const std::string &path, std::uint64_t events) {
  if (std::filesystem::exists(path)) return true;
  auto writer = RunWriter::create(path);
  if (!writer) return false;
  test_support::MakeRunOptions options;
  options.events = events;
  options.device = true;
  options.plants = {test_support::Plant::kItem, test_support::Plant::kExpertLoop};
  return test_support::makeRun(**writer, options).has_value() &&
         (*writer)->finalise(RunState::kClean).has_value();
}

void row(const char *what, const std::string &figure) {
  fmt::print("{:<44}{}\n", what, figure);
  std::fflush(stdout);
}

std::string quantiles(std::vector<double> ms) {
  std::sort(ms.begin(), ms.end());
  const auto at = [&](double q) {
    return ms[static_cast<std::size_t>(q * static_cast<double>(ms.size() - 1))];
  };
  return fmt::format("p50 {:.2f}  p99 {:.2f}  max {:.2f} ms", at(0.5), at(0.99), ms.back());
}

// Zooms in by 10^5 and out again while panning, as the prototype did: 600 frames.
void frames(const TracePtr &trace, int width, int height) {
  TimelineView view(trace);
  view.resize(width, height);
  std::vector<double> all;
  std::vector<double> work;
  QImage image(width, height, QImage::Format_RGB32);
  const auto length = static_cast<double>(trace->length);
  for (int i = 0; i < 600; ++i) {
    const double z = i < 300 ? i / 300.0 : 1 - (i - 300) / 300.0;
    const double span = length * std::pow(10, -5 * z);
    const auto t0 = static_cast<std::int64_t>((length - span) * (0.1 + 0.8 * i / 600));
    const auto start = Clock::now();
    const double before = computed(CLOCK_THREAD_CPUTIME_ID);
    view.show(t0, t0 + static_cast<std::int64_t>(span));
    view.render(&image);
    work.push_back(computed(CLOCK_THREAD_CPUTIME_ID) - before);
    all.push_back(since(start));
  }
  row(fmt::format("pan and zoom, {} x {}, {} lanes", width, height, trace->lanes.size()).c_str(),
      quantiles(all));
  row("  of it computing", quantiles(work));
}

int bench(std::uint64_t events, const std::string &folder) {
  std::filesystem::create_directories(folder);
  const std::string path = folder + fmt::format("/gui_bench_{}.hotloop", events);
  const std::string empty = folder + "/gui_bench_empty.hotloop";
  if (!make(path, events) || !make(empty, 1)) {
    fmt::print(stderr, "gui_bench: cannot make a run in {}\n", folder);
    return 2;
  }
  fmt::print("{} events, {:.0f} MB file\n", events,
             static_cast<double>(std::filesystem::file_size(path)) / 1e6);
  setCachePolicy({false, {}});
  const double before = [&] {
    const auto first = loadTrace(empty);
    TimelineView view(*first);
    view.resize(1920, 1080);
    view.grab();
    malloc_trim(0);
    return residentBytes();
  }();
  TracePtr trace;
  double preview = 0;
  double whole = 0;
  std::vector<double> opens;
  std::vector<double> work;
  for (int round = 0; round < 3; ++round) {
    trace.reset();
    if (round == 0) dropFromPageCache(path);
    LoadOptions options;
    const auto start = Clock::now();
    const double computedBefore = computed(CLOCK_PROCESS_CPUTIME_ID);
    double firstPixels = 0;
    options.preview = [&](TracePtr some) {
      TimelineView view(std::move(some));
      view.resize(1920, 1080);
      view.grab();
      firstPixels = since(start);
    };
    auto loaded = loadTrace(path, options);
    if (!loaded) {
      fmt::print(stderr, "gui_bench: {}\n", loaded.error().message);
      return 2;
    }
    trace = *loaded;
    TimelineView view(trace);
    view.resize(1920, 1080);
    view.grab();
    opens.push_back(since(start));
    work.push_back(computed(CLOCK_PROCESS_CPUTIME_ID) - computedBefore);
    if (round == 0) preview = firstPixels;
    if (round == 0) whole = opens.back();
  }
  row("cold open: first pixels / everything",
      fmt::format("{:.0f} / {:.0f} ms (again: {:.0f}, {:.0f})", preview, whole, opens[1],
                  opens[2]));
  row("  of it computing, all threads",
      fmt::format("{:.0f} ms (again: {:.0f}, {:.0f})", work[0], work[1], work[2]));
  malloc_trim(0);
  row("resident bytes per event",
      fmt::format("{:.1f}", (residentBytes() - before) / static_cast<double>(events)));
  setCachePolicy({true, {}});
  storeCachedTrace(path, *trace);
  row("warm open to the first frame", rounds(5, [&] {
        const TracePtr cached = loadCachedTrace(path);
        TimelineView view(cached != nullptr ? cached : trace);
        view.resize(1920, 1080);
        view.grab();
      }));
  std::filesystem::remove(path + ".hlcache");
  frames(trace, 1920, 1080);
  frames(trace, 3840, 2160);

  std::vector<std::uint32_t> lanes(trace->lanes.size());
  std::iota(lanes.begin(), lanes.end(), 0u);
  row("statistics of everything",
      rounds(5, [&] { areaStats(*trace, lanes, 0, trace->length + 1); }));
  row("search: compile and count", rounds(5, [&] {
        const auto search = Search::compile(*trace, "aten::item");
        search->count(*trace);
      }));
  const auto search = Search::compile(*trace, "aten::item");
  row("search: next hit", rounds(5, [&] { search->next(*trace, trace->length / 2); }));
  if (!trace->flows.empty()) {
    const std::uint32_t host = trace->flows[trace->flows.size() / 2].host;
    row("launch to kernel", rounds(5, [&] { trace->launched(host); }));
  }
  TimelineView view(trace);
  view.resize(1920, 1080);
  EvidencePlace place;
  place.known = true;
  const std::uint32_t slice = search->next(*trace, trace->length / 2);
  if (slice != kNoSlice) {
    const Track &track = trace->tracks[trace->lanes[trace->laneOf(slice)].track];
    place = {true, track.table, track.entity, trace->start[slice] + trace->origin,
             trace->duration(slice)};
    row("jump to a finding, drawn", rounds(5, [&] {
          view.select(sliceOf(*trace, place), true);
          view.grab();
        }));
  }
  return 0;
}

} // namespace

int main(int argc, char **argv) {
  setenv("QT_QPA_PLATFORM", "offscreen", 0);
  QApplication application(argc, argv);
  const std::uint64_t events = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  const std::string folder =
      argc > 2 ? argv[2] : (std::filesystem::temp_directory_path() / "hotloop-gui-bench").string();
  return bench(events, folder);
}
