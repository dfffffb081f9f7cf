#include <gtest/gtest.h>

#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include "tests/unit/ring/region_files.h"

namespace hotloop {
namespace {

using namespace hotloop::testing;

class DamagedRegions : public ::testing::Test {
protected:
  void SetUp() override {
    ASSERT_EQ(writer_.create(regionSpec(folder_)), 0);
    NumberWriter thread(writer_);
    for (std::uint64_t i = 0; i < 100; ++i) thread.write(i);
    writer_.unmap();
    path_ = folder_.path() + "/77-0.ring";
  }
  template <class T> void put(std::size_t offset, T value) {
    const int file = ::open(path_.c_str(), O_WRONLY);
    ASSERT_EQ(::pwrite(file, &value, sizeof value, static_cast<off_t>(offset)),
              static_cast<ssize_t>(sizeof value));
    ::close(file);
  }
  static std::size_t chunkField(std::size_t index, std::size_t field) {
    return ring::tableOffset() + index * sizeof(ring::ChunkHeader) + field;
  }
  ErrorKind openError() {
    const auto opened = ring::RegionReader::open(path_);
    EXPECT_FALSE(opened);
    return opened ? ErrorKind::kInternal : opened.error().kind;
  }
  std::uint64_t damageAfterDrain() {
    auto opened = ring::RegionReader::open(path_);
    EXPECT_TRUE(opened && *opened);
    (*opened)->drain(collected_);
    (*opened)->drain(collected_);
    return (*opened)->damage();
  }

  RegionFolder folder_;
  ring::RegionWriter writer_;
  std::string path_;
  NumberCollector collected_;
};

TEST_F(DamagedRegions, ASoundOneIsRead) {
  EXPECT_EQ(damageAfterDrain(), 0u);
  EXPECT_EQ(collected_.numbers.at(1).size(), 100u);
}

TEST_F(DamagedRegions, NotYetFilledIsNoError) {
  put(offsetof(ring::RegionHeader, ready), std::uint32_t(0));
  const auto opened = ring::RegionReader::open(path_);
  ASSERT_TRUE(opened);
  EXPECT_FALSE(*opened);
  std::filesystem::resize_file(path_, 0);
  const auto empty = ring::RegionReader::open(path_);
  ASSERT_TRUE(empty);
  EXPECT_FALSE(*empty);
}

TEST_F(DamagedRegions, OtherMagicVersionClockOrSizeIsRefused) {
  put(offsetof(ring::RegionHeader, magic), std::uint64_t(1));
  EXPECT_EQ(openError(), ErrorKind::kCorrupt);
  put(offsetof(ring::RegionHeader, magic), ring::kMagic);
  put(offsetof(ring::RegionHeader, version), std::uint32_t(99));
  EXPECT_EQ(openError(), ErrorKind::kCorrupt);
  put(offsetof(ring::RegionHeader, version), ring::kVersion);
  put(offsetof(ring::RegionHeader, clock), std::uint32_t(9));
  EXPECT_EQ(openError(), ErrorKind::kCorrupt);
  put(offsetof(ring::RegionHeader, clock), std::uint32_t(0));
  for (const std::uint32_t chunks : {0u, 5000u, 0xffffffffu}) {
    put(offsetof(ring::RegionHeader, chunkCount), chunks);
    EXPECT_EQ(openError(), ErrorKind::kCorrupt) << chunks;
  }
}

TEST_F(DamagedRegions, CutShortWhileOpen) {
  auto opened = ring::RegionReader::open(path_);
  ASSERT_TRUE(opened && *opened);
  std::filesystem::resize_file(path_, 8192);
  (*opened)->drain(collected_);
  EXPECT_GE((*opened)->damage(), 1u);
  std::filesystem::resize_file(path_, 10);
  (*opened)->drain(collected_);
}

TEST_F(DamagedRegions, CommittedBeyondTheChunk) {
  put(chunkField(0, offsetof(ring::ChunkHeader, committed)), std::uint32_t(0xffffffff));
  EXPECT_EQ(damageAfterDrain(), 1u);
  EXPECT_TRUE(collected_.numbers.empty());
}

TEST_F(DamagedRegions, NoThread) {
  put(chunkField(0, offsetof(ring::ChunkHeader, threadOrdinal)), std::uint32_t(0));
  EXPECT_EQ(damageAfterDrain(), 1u);
}

TEST_F(DamagedRegions, WhatPrecedesABadRecordIsKept) {
  const std::size_t chunks = ring::chunksIn(ring::kSmallestRegionBytes);
  const std::size_t tenth = ring::payloadOffset(chunks, 0) + 10 * sizeof(NumberRecord);
  for (const std::uint16_t bytes : {std::uint16_t(0), std::uint16_t(7), std::uint16_t(0xfff8)}) {
    put(tenth + offsetof(ring::RecordHeader, bytes), bytes);
    collected_ = NumberCollector();
    EXPECT_EQ(damageAfterDrain(), 1u) << bytes;
    EXPECT_EQ(collected_.numbers.at(1).size(), 10u);
  }
}

TEST_F(DamagedRegions, ALinkIsNotFollowed) {
  std::filesystem::create_symlink(path_, folder_.path() + "/78-0.ring");
  EXPECT_FALSE(ring::RegionReader::open(folder_.path() + "/78-0.ring"));
}

TEST_F(DamagedRegions, AFolderIsNoRegion) {
  std::filesystem::create_directory(folder_.path() + "/79-0.ring");
  EXPECT_FALSE(ring::RegionReader::open(folder_.path() + "/79-0.ring"));
}

} // namespace
} // namespace hotloop
