// native -> export -> import gives the same events. What a format cannot carry is not compared here
// and stands in docs/formats.md.

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "collectors/import/import_trace.h"
#include "tests/unit/export/exported_run.h"

namespace hotloop {
namespace {

enum class Keeps { kKineto, kNsys };

class RoundTrip : public ExportedRun {
protected:
  static std::string thread(const TraceView &trace, ThreadId lane) {
    if (!lane) return "none";
    const std::size_t i = lane.value - 1;
    return fmt::format("{}/{}", trace->processes.osPid[trace->threads.process[i].value - 1],
                       trace->threads.osTid[i]);
  }
  static std::string stream(const TraceView &trace, StreamId lane) {
    if (!lane) return "none";
    const auto &streams = trace->streams;
    const std::size_t i = lane.value - 1;
    return fmt::format("{}/{}/{}", trace->devices.ordinal[streams.device[i].value - 1],
                       streams.context[i], streams.cudaStream[i]);
  }

  // Every event in words, sorted.
  static std::vector<std::string> words(const TraceView &trace, Keeps keeps) {
    std::vector<std::string> all;
    const auto add = [&](const auto &rows, std::size_t i, const std::string &lane,
                         const std::string &rest) {
      all.push_back(
          fmt::format("{} {} {} {}", rows.start[i].count, rows.duration[i].count, lane, rest));
    };
    const auto &apis = trace->apis;
    for (std::size_t i = 0; i < apis.start.size(); ++i)
      add(apis, i, thread(trace, apis.lane[i]),
          fmt::format("api {} domain {} correlation {} status {} cbid {}", trace.text(apis.name[i]),
                      apis.domain[i], apis.correlation[i], apis.status[i],
                      keeps == Keeps::kKineto ? apis.cbid[i] : 0));
    const auto &kernels = trace->kernels;
    for (std::size_t i = 0; i < kernels.start.size(); ++i)
      add(kernels, i, stream(trace, kernels.lane[i]),
          fmt::format("kernel {} {} [{},{},{}] [{},{},{}] {} {}+{} graph {} node {}",
                      trace.text(kernels.name[i]), kernels.correlation[i], kernels.gridX[i],
                      kernels.gridY[i], kernels.gridZ[i], kernels.blockX[i], kernels.blockY[i],
                      kernels.blockZ[i], kernels.registers[i], kernels.staticShared[i],
                      kernels.dynamicShared[i], kernels.graph[i], kernels.graphNode[i]));
    const auto &copies = trace->memcpys;
    for (std::size_t i = 0; i < copies.start.size(); ++i)
      add(copies, i, stream(trace, copies.lane[i]),
          fmt::format("copy {} {} {}->{} {} bytes node {}", copies.correlation[i],
                      copies.copyKind[i], copies.sourceKind[i], copies.destinationKind[i],
                      copies.bytes[i], copies.graphNode[i]));
    const auto &fills = trace->memsets;
    for (std::size_t i = 0; i < fills.start.size(); ++i)
      add(fills, i, stream(trace, fills.lane[i]),
          fmt::format("fill {} {} bytes of {} kind {}", fills.correlation[i], fills.bytes[i],
                      fills.value[i], fills.memoryKind[i]));
    const auto &syncs = trace->syncs;
    for (std::size_t i = 0; i < syncs.start.size(); ++i)
      add(syncs, i, stream(trace, syncs.stream[i]),
          fmt::format("sync {} {} event {}", syncs.kind[i], syncs.correlation[i], syncs.event[i]));
    const auto &ops = trace->ops;
    for (std::size_t i = 0; i < ops.start.size(); ++i) {
      add(ops, i, thread(trace, ops.lane[i]),
          fmt::format("op {} scope {} sequence {}", trace.text(ops.name[i]),
                      static_cast<int>(ops.scope[i]), ops.sequence[i]));
    }
    const auto &ranges = trace->ranges;
    for (std::size_t i = 0; i < ranges.start.size(); ++i)
      add(ranges, i, thread(trace, ranges.lane[i]),
          fmt::format("range {} kind {} domain {} payload {} {}", trace.text(ranges.name[i]),
                      static_cast<int>(ranges.kind[i]), trace.text(ranges.domain[i]),
                      static_cast<int>(ranges.payloadKind[i]), ranges.payloadInteger[i]));
    const auto &allocations = trace->allocations;
    for (std::size_t i = 0; i < allocations.start.size(); ++i) {
      if (keeps == Keeps::kNsys) continue;
      all.push_back(fmt::format("{} {} allocation {} of {}, {} bytes at {}, total {}",
                                allocations.start[i].count, thread(trace, allocations.lane[i]),
                                static_cast<int>(allocations.action[i]),
                                static_cast<int>(allocations.allocator[i]), allocations.bytes[i],
                                allocations.address[i], allocations.totalAllocated[i]));
    }
    std::ranges::sort(all);
    return all;
  }

  void expectSame(const std::string &file, Keeps keeps) {
    const auto back = importView(file);
    ASSERT_TRUE(back) << back.error().message;
    const auto before = words(run(), keeps);
    const auto after = words(*back, keeps);
    ASSERT_GT(before.size(), 10'000u);
    std::vector<std::string> lost, gained;
    std::ranges::set_difference(before, after, std::back_inserter(lost));
    std::ranges::set_difference(after, before, std::back_inserter(gained));
    lost.resize(std::min<std::size_t>(lost.size(), 5));
    gained.resize(std::min<std::size_t>(gained.size(), 5));
    EXPECT_THAT(lost, testing::IsEmpty());
    EXPECT_THAT(gained, testing::IsEmpty());
  }
};

TEST_F(RoundTrip, Kineto) {
  expectSame(exported(ExportFormat::kKineto, "t.json.gz"), Keeps::kKineto);
  EXPECT_GT(report_.events, 10'000);
}

TEST_F(RoundTrip, Nsys) { expectSame(exported(ExportFormat::kNsys, "t.sqlite"), Keeps::kNsys); }

TEST_F(RoundTrip, PlacesOfOperatorsSurviveKineto) {
  const auto back = importView(exported(ExportFormat::kKineto, "t.json"));
  ASSERT_TRUE(back);
  const auto places = [](const TraceView &trace) {
    std::vector<std::string> all;
    for (const FrameId location : trace->ops.location) {
      if (!location) continue;
      const std::size_t i = location.value - 1;
      all.push_back(fmt::format("{}:{} {}", trace.text(trace->frames.file[i]),
                                trace->frames.line[i], trace.text(trace->frames.function[i])));
    }
    std::ranges::sort(all);
    return all;
  };
  EXPECT_EQ(places(*back), places(run()));
}

TEST_F(RoundTrip, AWindowTakesWhatTouchesIt) {
  const TraceView whole = run();
  const std::size_t middle = whole->kernels.start.size() / 2;
  ExportOptions options;
  options.window.from = whole->kernels.start[middle];
  options.window.to = whole->kernels.start[middle] + Nanoseconds(3'000'000);
  const auto inside = [&](Nanoseconds start, Nanoseconds duration) {
    return start < *options.window.to && start + duration >= *options.window.from;
  };
  std::size_t kernels = 0, ops = 0;
  for (std::size_t i = 0; i < whole->kernels.start.size(); ++i)
    kernels += inside(whole->kernels.start[i], whole->kernels.duration[i]) ? 1 : 0;
  for (std::size_t i = 0; i < whole->ops.start.size(); ++i)
    ops += inside(whole->ops.start[i], whole->ops.duration[i]) ? 1 : 0;
  for (const auto &[format, name] :
       {std::pair(ExportFormat::kKineto, "w.json"), std::pair(ExportFormat::kNsys, "w.sqlite")}) {
    const auto back = importView(exported(format, name, options));
    ASSERT_TRUE(back);
    EXPECT_EQ((*back)->kernels.start.size(), kernels) << name;
    EXPECT_EQ((*back)->ops.start.size(), ops) << name;
  }
}

TEST_F(RoundTrip, CsvHasOneLinePerRow) {
  const std::string folder = exported(ExportFormat::kCsv, "tables");
  const TraceView whole = run();
  const auto lines = [&](const std::string &table) {
    return std::ranges::count(readFile(folder + "/" + table + ".csv"), '\n');
  };
  EXPECT_EQ(lines("kernel"), static_cast<std::ptrdiff_t>(whole->kernels.start.size() + 1));
  EXPECT_EQ(lines("op"), static_cast<std::ptrdiff_t>(whole->ops.start.size() + 1));
  const std::string kernels = readFile(folder + "/kernel.csv");
  EXPECT_TRUE(kernels.starts_with("id,start,duration,lane,name,"));
  EXPECT_NE(kernels.find(std::string(whole.text(whole->kernels.name[0]))), std::string::npos);
}

} // namespace
} // namespace hotloop
