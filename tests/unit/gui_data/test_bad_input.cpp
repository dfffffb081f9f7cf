#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/store/run_writer.h"
#include "gui/data/run_document.h"
#include "gui/data/trace/area_stats.h"
#include "gui/data/trace/lod.h"
#include "gui/data/trace/trace_cache.h"
#include "tests/support/make_run.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HOTLOOP_SLOW_BUILD
#endif

// Files that no viewer should meet, and does: an error's sentence, or a trace that can be drawn.
namespace hotloop::gui {
namespace {

namespace fs = std::filesystem;

class BadInput : public ::testing::Test {
protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "hotloop-gui-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    path_ = folder_ + "/run.hotloop";
    setCachePolicy({false, {}, 0});
    auto writer = RunWriter::create(path_);
    ASSERT_TRUE(writer.has_value());
    writer_ = std::move(*writer);
  }
  void TearDown() override {
    writer_.reset();
    fs::remove_all(folder_);
  }
  void fill(std::uint64_t events) {
    test_support::MakeRunOptions options;
    options.events = events;
    options.device = true;
    ASSERT_TRUE(test_support::makeRun(*writer_, options).has_value());
  }
  void finish() { ASSERT_TRUE(writer_->finalise(RunState::kClean).has_value()); }
  void op(std::uint32_t thread, std::int64_t start, std::int64_t duration, StringId name) {
    OpEvent event;
    event.start = Nanoseconds(start);
    event.duration = Nanoseconds(duration);
    event.lane = ThreadId(thread);
    event.name = name;
    writer_->add(event);
  }
  void overwrite(std::streamoff at, const std::string &bytes) {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  // Lanes hold slices by start that do not overlap, and all of them can be asked anything.
  static void expectDrawable(const Trace &trace) {
    LodResult lod;
    std::vector<std::uint32_t> lanes;
    for (std::uint32_t i = 0; i < trace.lanes.size(); ++i) {
      const Lane &lane = trace.lanes[i];
      lanes.push_back(i);
      for (std::uint32_t s = lane.first; s < lane.first + lane.count; ++s) {
        ASSERT_GE(trace.duration(s), 0);
        ASSERT_LT(trace.name[s], trace.names.size());
        if (s > lane.first) {
          ASSERT_LE(trace.end(s - 1), trace.start[s]);
        }
      }
      queryLod(trace, lane, 0, static_cast<double>(trace.length) / 500.0, 500, lod);
    }
    areaStats(trace, lanes, 0, trace.length + 1);
    EXPECT_GE(trace.length, 1);
  }
  void expectOpensOrSays() {
    const auto document = openRun(path_);
    if (document)
      expectDrawable(*(*document)->trace);
    else
      EXPECT_NE(document.error().message.find(path_), std::string::npos)
          << document.error().message;
  }

  std::string folder_, path_;
  std::unique_ptr<RunWriter> writer_;
};

TEST_F(BadInput, ARunWithoutAnEvent) {
  finish();
  const auto document = openRun(path_);
  ASSERT_TRUE(document.has_value()) << document.error().message;
  EXPECT_EQ((*document)->trace->size(), 0u);
  expectDrawable(*(*document)->trace);
}

TEST_F(BadInput, AFileOfNoBytes) {
  writer_.reset();
  fs::remove(path_);
  std::ofstream(path_).close();
  const auto document = openRun(path_);
  ASSERT_FALSE(document.has_value());
  EXPECT_NE(document.error().message.find(path_), std::string::npos) << document.error().message;
}

TEST_F(BadInput, NegativeAndOverlappingSpans) {
  const StringId name = writer_->intern("aten::odd");
  op(1, 1'000, -500, name);
  op(1, 2'000, 1'000, name);
  op(1, 2'500, 1'000, name); // overlaps without nesting
  op(1, 2'600, 5'000, name);
  finish();
  expectOpensOrSays();
}

TEST_F(BadInput, TimesThatNoClockHas) {
  const StringId name = writer_->intern("aten::odd");
  op(1, 1'000, -500, name);
  op(1, -9'000'000'000'000'000'000, 10, name);
  op(1, 9'000'000'000'000'000'000, 10, name);
  op(1, 5'000, INT64_MAX, name);
  finish();
  const auto trace = loadTrace(path_);
  ASSERT_TRUE(trace.has_value()) << trace.error().message;
  EXPECT_EQ((*trace)->problems.size(), 2u);
  expectDrawable(**trace);
}

TEST_F(BadInput, NamesThatAreNotInTheFile) {
  op(1, 1'000, 500, StringId(4'000'000));
  op(1, 2'000, 500, StringId());
  op(77, 3'000, 500, StringId(5)); // nor is the thread
  finish();
  expectOpensOrSays();
}

TEST_F(BadInput, MoreThreadsThanAnyWindowHasRows) {
  const StringId name = writer_->intern("aten::mm");
#ifdef HOTLOOP_SLOW_BUILD
  constexpr std::uint32_t kThreads = 100'000; // a sanitizer takes minutes for more
#else
  constexpr std::uint32_t kThreads = 1'000'000;
#endif
  for (std::uint32_t thread = 1; thread <= kThreads; ++thread) op(thread, thread * 10, 8, name);
  finish();
  const auto trace = loadTrace(path_);
  ASSERT_TRUE(trace.has_value()) << trace.error().message;
  EXPECT_EQ((*trace)->size(), kThreads);
  ASSERT_EQ((*trace)->lanes.size(), kThreads);
  LodResult lod;
  for (std::uint32_t i = 0; i < kThreads; i += 997) {
    queryLod(**trace, (*trace)->lanes[i], 0, static_cast<double>((*trace)->length) / 500, 500, lod);
    EXPECT_TRUE(std::any_of(lod.fine.buckets.begin(), lod.fine.buckets.end(),
                            [](const auto &bucket) { return bucket.name != kNoSlice; }));
  }
}

TEST_F(BadInput, AFileThatIsStillBeingWritten) {
  fill(20'000);
  ASSERT_TRUE(writer_->commit().has_value());
  const auto document = openRun(path_);
  ASSERT_TRUE(document.has_value()) << document.error().message;
  EXPECT_GT((*document)->trace->size(), 1'000u);
  expectDrawable(*(*document)->trace);
}

TEST_F(BadInput, AFileOfANewerFormatIsNamed) {
  fill(2'000);
  finish();
  overwrite(60, std::string("\x00\x00\x27\x0f", 4)); // PRAGMA user_version
  const auto document = openRun(path_);
  ASSERT_FALSE(document.has_value());
  EXPECT_NE(document.error().message.find("newer"), std::string::npos) << document.error().message;
}

TEST_F(BadInput, PagesOfGarbage) {
  fill(20'000);
  finish();
  const auto size = static_cast<std::streamoff>(fs::file_size(path_));
  const std::string garbage(4096, '\xa5');
  for (std::streamoff at = 4096; at < size; at += size / 16 / 4096 * 4096 + 4096) {
    overwrite(at, garbage);
    expectOpensOrSays();
  }
}

TEST_F(BadInput, AFileThatSaysItIsHuge) {
  fill(2'000);
  finish();
  fs::resize_file(path_, std::uintmax_t{1} << 36); // sparse
  expectOpensOrSays();
}

} // namespace
} // namespace hotloop::gui
