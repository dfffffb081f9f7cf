#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "tests/unit/ring/region_files.h"

namespace hotloop {
namespace {

using namespace hotloop::testing;
using ::testing::ElementsAre;

class RoundTrip : public ::testing::Test {
protected:
  void make(std::size_t bytes = ring::kSmallestRegionBytes) {
    ASSERT_EQ(writer_.create(regionSpec(folder_, bytes)), 0);
    auto opened = ring::RegionReader::open(folder_.path() + "/77-0.ring");
    ASSERT_TRUE(opened) << opened.error().message;
    ASSERT_TRUE(*opened);
    reader_ = std::move(*opened);
  }
  ~RoundTrip() override { writer_.unmap(); }

  RegionFolder folder_;
  ring::RegionWriter writer_;
  std::unique_ptr<ring::RegionReader> reader_;
  NumberCollector collected_;
};

TEST_F(RoundTrip, HeaderTellsTheProcess) {
  make();
  const ring::RegionInfo &info = reader_->info();
  EXPECT_EQ(info.pid, 77u);
  EXPECT_EQ(info.parentPid, 76u);
  EXPECT_EQ(info.startStamp, 12345u);
  EXPECT_EQ(info.rank, 3);
  EXPECT_EQ(info.executable, "program");
  EXPECT_THAT(info.commandLine, ElementsAre("program", "--flag"));
}

TEST_F(RoundTrip, PublishedRecordsAreReadOnceAndAtOnce) {
  make();
  NumberWriter thread(writer_);
  thread.write(1);
  EXPECT_GT(reader_->drain(collected_), 0u);
  EXPECT_EQ(reader_->drain(collected_), 0u);
  thread.write(2);
  thread.write(3);
  reader_->drain(collected_);
  EXPECT_THAT(collected_.numbers.at(1), ElementsAre(1, 2, 3));
  EXPECT_FALSE(collected_.broken);
}

TEST_F(RoundTrip, EmptiedChunksAreUsedAgain) {
  make();
  NumberWriter thread(writer_);
  constexpr std::uint64_t kRecords = 500'000; // many times the region
  std::uint64_t written = 0;
  for (std::uint64_t i = 0; i < kRecords; ++i) {
    written += thread.write(i, static_cast<std::uint32_t>(i % 9)) ? 1 : 0;
    if (i % 5000 == 0) reader_->drain(collected_);
  }
  reader_->drain(collected_);
  EXPECT_EQ(written, kRecords);
  EXPECT_EQ(collected_.numbers.at(1).size(), kRecords);
  EXPECT_FALSE(collected_.broken);
  EXPECT_EQ(reader_->damage(), 0u);
}

TEST_F(RoundTrip, AFullRegionDropsAndCounts) {
  make();
  NumberWriter thread(writer_);
  std::uint64_t written = 0;
  for (std::uint64_t i = 0; i < 100'000; ++i) written += thread.write(i) ? 1 : 0;
  EXPECT_LT(written, 100'000u);
  reader_->drain(collected_);
  EXPECT_EQ(collected_.numbers.at(1).size(), written);
  EXPECT_EQ(reader_->counter(ring::Counter::kDroppedRecords), 100'000 - written);
  EXPECT_TRUE(thread.write(100'000)); // there is room again
}

TEST_F(RoundTrip, ThreadsAreReadInOrder) {
  make();
  NumberWriter first(writer_), second(writer_);
  for (std::uint64_t i = 0; i < 10'000; ++i) (i % 3 == 0 ? first : second).write(i);
  first.end();
  second.end();
  reader_->drain(collected_);
  EXPECT_EQ(collected_.numbers.at(1).size() + collected_.numbers.at(2).size(), 10'000u);
  EXPECT_FALSE(collected_.broken);
}

// Producers and the reader at work together: run under ThreadSanitizer too.
TEST_F(RoundTrip, ProducersAgainstTheReader) {
  make(4 << 20);
  constexpr int kThreads = 6;
  constexpr std::uint64_t kRecords = 60'000;
  std::atomic<int> running{kThreads};
  std::atomic<std::uint64_t> written{0};
  std::vector<std::thread> producers;
  for (int t = 0; t < kThreads; ++t)
    producers.emplace_back([&] {
      NumberWriter thread(writer_);
      std::uint64_t mine = 0;
      for (std::uint64_t i = 0; i < kRecords; ++i)
        mine += thread.write(i, static_cast<std::uint32_t>(i % 5)) ? 1 : 0;
      thread.end();
      written += mine;
      --running;
    });
  while (running > 0) reader_->drain(collected_);
  for (std::thread &producer : producers) producer.join();
  while (reader_->drain(collected_) > 0) {
  }
  std::uint64_t read = 0;
  for (const auto &numbers : collected_.numbers) read += numbers.size();
  EXPECT_EQ(read, written.load());
  EXPECT_EQ(read + reader_->counter(ring::Counter::kDroppedRecords), kThreads * kRecords);
  EXPECT_FALSE(collected_.broken);
  EXPECT_EQ(reader_->damage(), 0u);
}

} // namespace
} // namespace hotloop
