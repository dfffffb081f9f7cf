#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "gui/data/run_document.h"
#include "gui/data/trace/trace_cache.h"
#include "tests/support/make_run.h"

namespace hotloop::gui {
namespace {

class Load : public ::testing::Test {
protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "hotloop-gui-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    setCachePolicy({true, {}, 0});
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string make(std::uint64_t events, bool device) {
    const std::string path = folder_ + "/run.hotloop";
    std::filesystem::remove(path);
    auto writer = RunWriter::create(path);
    EXPECT_TRUE(writer.has_value());
    test_support::MakeRunOptions options;
    options.events = events;
    options.device = device;
    options.plants = {test_support::Plant::kItem};
    EXPECT_TRUE(test_support::makeRun(**writer, options).has_value());
    EXPECT_TRUE((*writer)->finalise(RunState::kClean).has_value());
    return path;
  }

  std::string folder_;
};

TEST_F(Load, HoldsEveryEventOfTheRun) {
  const std::string path = make(30'000, true);
  const auto trace = loadTrace(path);
  ASSERT_TRUE(trace.has_value()) << trace.error().message;
  const auto run = loadRun(path);
  ASSERT_TRUE(run.has_value());
  const TraceData &data = **run;
  EXPECT_EQ((*trace)->size(), data.ops.start.size() + data.ranges.start.size() +
                                  data.apis.start.size() + data.kernels.start.size() +
                                  data.memcpys.start.size() + data.memsets.start.size() +
                                  data.syncs.start.size() + data.steps.start.size());
  EXPECT_GT((*trace)->flows.size(), 100u);
  EXPECT_FALSE((*trace)->counters.empty());
  EXPECT_EQ((*trace)->steps.size(), data.steps.start.size());
}

TEST_F(Load, FindingsPointAtTheirSlices) {
  const auto document = openRun(make(20'000, false));
  ASSERT_TRUE(document.has_value()) << document.error().message;
  const Analysis &analysis = (*document)->analysis;
  ASSERT_FALSE(analysis.findings.empty());
  const Finding &item = analysis.findings.front();
  const EvidencePlace &place = (*document)->models.places.front().front();
  const std::uint32_t slice = sliceOf(*(*document)->trace, place);
  ASSERT_NE(slice, kNoSlice) << item.rule;
  EXPECT_EQ((*document)->trace->start[slice] + (*document)->trace->origin, place.start);
}

TEST_F(Load, CacheGivesTheSameTrace) {
  const std::string path = make(30'000, true);
  const auto fresh = loadTrace(path);
  ASSERT_TRUE(fresh.has_value());
  EXPECT_EQ(loadCachedTrace(path), nullptr);
  ASSERT_TRUE(storeCachedTrace(path, **fresh));
  const TracePtr cached = loadCachedTrace(path);
  ASSERT_NE(cached, nullptr);
  const Trace &a = **fresh;
  EXPECT_TRUE(
      std::equal(a.start.begin(), a.start.end(), cached->start.begin(), cached->start.end()));
  EXPECT_TRUE(std::equal(a.name.begin(), a.name.end(), cached->name.begin(), cached->name.end()));
  EXPECT_EQ(a.names.size(), cached->names.size());
  EXPECT_EQ(a.lanes.size(), cached->lanes.size());
  EXPECT_EQ(a.flows.size(), cached->flows.size());
  EXPECT_EQ(a.counters.size(), cached->counters.size());
  EXPECT_EQ(a.length, cached->length);
}

TEST_F(Load, DamagedOrStaleCachesAreNotUsed) {
  const std::string path = make(30'000, false);
  const auto fresh = loadTrace(path);
  ASSERT_TRUE(fresh.has_value());
  ASSERT_TRUE(storeCachedTrace(path, **fresh));
  const std::string cache = cachePath(path);
  const auto whole = std::filesystem::file_size(cache);
  // Cut anywhere, or with a bit of its description turned: never a crash.
  for (const double part : {0.0, 0.001, 0.3, 0.7, 0.999}) {
    ASSERT_TRUE(storeCachedTrace(path, **fresh));
    std::filesystem::resize_file(cache,
                                 static_cast<std::uintmax_t>(static_cast<double>(whole) * part));
    EXPECT_EQ(loadCachedTrace(path), nullptr) << part;
  }
  for (const std::streamoff offset : {0, 9, 60, 120, 200, 300, 500, 1000}) {
    ASSERT_TRUE(storeCachedTrace(path, **fresh));
    std::fstream file(cache, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(offset);
    const int byte = file.get();
    file.seekp(offset);
    file.put(static_cast<char>(byte ^ 0x55));
    file.close();
    loadCachedTrace(path);
  }
  ASSERT_TRUE(storeCachedTrace(path, **fresh));
  make(30'100, false); // another file of that name
  EXPECT_EQ(loadCachedTrace(path), nullptr);
}

TEST_F(Load, PartsOfCachesWhoseWriterIsGoneAreCleared) {
  const std::string path = make(30'000, false);
  const auto fresh = loadTrace(path);
  ASSERT_TRUE(fresh.has_value());
  const pid_t gone = ::fork();
  if (gone == 0) ::_exit(0);
  ASSERT_GT(gone, 0);
  ::waitpid(gone, nullptr, 0); // nobody has that number now
  const auto part = [&](const std::string &middle) {
    const std::string name = cachePath(path) + middle + ".part";
    std::ofstream(name) << "half of it";
    return name;
  };
  const std::vector<std::string> kept = {part("." + std::to_string(::getppid())), // alive
                                         part(""),
                                         part("."),
                                         part(".12x"),
                                         part(".-3"),
                                         part("." + std::to_string(gone) + ".1"),
                                         part(".99999999999999999999")};
  const std::string old = part("." + std::to_string(gone));
  const std::string others = path + ".other.hlcache." + std::to_string(gone) + ".part";
  std::ofstream(others) << "half of it";
  ASSERT_TRUE(storeCachedTrace(path, **fresh));
  EXPECT_FALSE(std::filesystem::exists(old));
  EXPECT_FALSE(std::filesystem::exists(others));
  for (const std::string &name : kept) EXPECT_TRUE(std::filesystem::exists(name)) << name;
  EXPECT_NE(loadCachedTrace(path), nullptr);
  for (const std::string &name : kept) std::filesystem::remove(name);
}

TEST_F(Load, FirstPixelsComeBeforeTheEnd) {
  const std::string path = make(600'000, false);
  TracePtr preview;
  LoadOptions options;
  options.preview = [&](TracePtr trace) { preview = std::move(trace); };
  const auto trace = loadTrace(path, options);
  ASSERT_TRUE(trace.has_value());
  ASSERT_NE(preview, nullptr);
  EXPECT_FALSE(preview->complete);
  EXPECT_GT(preview->size(), 1'000u);
  EXPECT_LT(preview->size(), (*trace)->size());
}

TEST_F(Load, CanBeCancelled) {
  const std::string path = make(40'000, false);
  std::stop_source stop;
  stop.request_stop();
  LoadOptions options;
  options.stop = stop.get_token();
  const auto trace = loadTrace(path, options);
  ASSERT_FALSE(trace.has_value());
  EXPECT_NE(trace.error().message.find("cancelled"), std::string::npos);
}

TEST_F(Load, CutFilesAreErrorsOrShortTraces) {
  const std::string path = make(20'000, true);
  const auto whole = std::filesystem::file_size(path);
  const std::string cut = folder_ + "/cut.hotloop";
  for (int i = 0; i < 12; ++i) {
    std::filesystem::copy_file(path, cut, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(cut, whole * static_cast<std::uintmax_t>(i) / 12);
    const auto trace = loadTrace(cut);
    if (!trace) {
      EXPECT_FALSE(trace.error().message.empty());
    }
  }
}

} // namespace
} // namespace hotloop::gui
