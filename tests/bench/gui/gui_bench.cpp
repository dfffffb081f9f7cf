#include <QApplication>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "gui/data/trace/trace_cache.h"
#include "gui/data/trace/trace_load.h"
#include "tests/bench/gui/measure.h"
#include "tests/bench/gui/sections.h"

// gui_bench [EVENTS] [FOLDER] [SECTION ...]: makes runs of that size (10^5 by default, kept in
// FOLDER) and prints what the viewer needs for them. 10^7 are the figures of docs/viewer.md.
// Sections: open warm frames overlays lanes queries reading window stop threads compare; all of
// them unless named.
namespace {

using namespace hotloop;
using namespace hotloop::gui_bench;

constexpr std::uint32_t kManyRanks = 4; // more than 50 lanes

int bench(std::uint64_t events, const std::string &folder,
          const std::vector<std::string_view> &sections) {
  const auto wanted = [&](std::string_view section) {
    return sections.empty() ||
           std::find(sections.begin(), sections.end(), section) != sections.end();
  };
  if (sections.size() == 1 && wanted("threads")) { // nothing else in memory
    threadsSection(folder, events);
    return 0;
  }
  const auto run = madeRun(folder, events, 1);
  const auto empty = madeRun(folder, 1, 1);
  if (!run || !empty) {
    fmt::print(stderr, "gui_bench: {}\n", (run ? empty : run).error().message);
    return 2;
  }
  fmt::print("{} events, {:.0f} MB file\n", events,
             static_cast<double>(std::filesystem::file_size(*run)) / 1e6);
  gui::setCachePolicy({false, {}});
  if (wanted("open")) openSection(*run, *empty, events);
  if (wanted("warm")) warmSection(*run);
  gui::setCachePolicy({false, {}});
  if (wanted("frames") || wanted("overlays") || wanted("queries")) {
    const gui::TracePtr trace = *gui::loadTrace(*run);
    if (wanted("frames")) frameSection(trace);
    if (wanted("overlays")) overlaySection(trace);
    if (wanted("queries")) querySection(trace);
  }
  if (wanted("lanes")) {
    const auto many = madeRun(folder, events, kManyRanks);
    if (many) frameSection(*gui::loadTrace(*many));
  }
  if (wanted("reading")) readingSection(*run);
  if (wanted("window")) windowSection(*run);
  if (wanted("stop")) stopSection(*run);
  if (wanted("threads")) threadsSection(folder, events);
  if (wanted("compare")) compareSection(folder, events);
  return 0;
}

} // namespace

int main(int argc, char **argv) {
  setenv("QT_QPA_PLATFORM", "offscreen", 0);
  QApplication application(argc, argv);
  const std::uint64_t events = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  const std::string folder =
      argc > 2 ? argv[2] : (std::filesystem::temp_directory_path() / "hotloop-gui-bench").string();
  return bench(events, folder, {argv + std::min(argc, 3), argv + argc});
}
