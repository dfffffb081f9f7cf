// Damaged caches of the viewer: loadCachedTrace must refuse them or give a trace that can be drawn.

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <vector>

#include "core/store/run_writer.h"
#include "gui/data/trace/area_stats.h"
#include "gui/data/trace/lod.h"
#include "gui/data/trace/search.h"
#include "gui/data/trace/trace_cache.h"
#include "gui/data/trace/trace_load.h"
#include "tests/fuzz/fuzz_driver.h"
#include "tests/support/make_run.h"

namespace hotloop::fuzz {

namespace {

using namespace gui;
using test_support::Random;

class TraceCacheTarget : public Target {
public:
  TraceCacheTarget() {
    std::string name = (std::filesystem::temp_directory_path() / "hotloop-fuzz-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) folder_ = name;
    setCachePolicy({true, {}, 0});
    run_ = folder_ + "/run.hotloop";
    auto writer = RunWriter::create(run_);
    test_support::MakeRunOptions options;
    options.events = 3'000;
    options.device = true;
    if (!writer || !test_support::makeRun(**writer, options) ||
        !(*writer)->finalise(RunState::kClean)) {
      return;
    }
    const auto trace = loadTrace(run_);
    if (!trace || !storeCachedTrace(run_, **trace)) return;
    std::ifstream file(cachePath(run_), std::ios::binary);
    good_ = {std::istreambuf_iterator<char>(file), {}};
  }
  ~TraceCacheTarget() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string run(Random &random) override {
    if (good_.empty()) return "no cache could be made";
    std::string bytes = good_;
    switch (random.below(4)) {
    case 0: bytes.resize(random.below(bytes.size() + 1)); break;
    case 1: bytes += std::string(random.below(100), 'x'); break;
    default: {
      // The header and the description decide how the rest is read.
      const std::size_t range =
          random.below(2) == 0 ? std::min<std::size_t>(bytes.size(), 400) : bytes.size();
      for (std::uint64_t i = 1 + random.below(8); i > 0; --i)
        bytes[random.below(range)] = static_cast<char>(random.next());
    }
    }
    std::ofstream(cachePath(run_), std::ios::binary) << bytes;
    const TracePtr trace = loadCachedTrace(run_);
    if (trace != nullptr) use(*trace, random);
    return {};
  }

private:
  static void use(const Trace &trace, Random &random) {
    std::vector<std::uint32_t> lanes(trace.lanes.size());
    std::iota(lanes.begin(), lanes.end(), 0u);
    areaStats(trace, lanes, 0, trace.length);
    LodResult lod;
    for (const Lane &lane : trace.lanes)
      queryLod(trace, lane, 0, static_cast<double>(1 + random.below(100'000)), 200, lod);
    if (const auto search = Search::compile(trace, "aten")) search->count(trace);
    for (const Flow &flow : trace.flows) trace.launcher(flow.device);
  }

  std::string folder_, run_, good_;
};

} // namespace

std::unique_ptr<Target> makeTarget() { return std::make_unique<TraceCacheTarget>(); }

} // namespace hotloop::fuzz
