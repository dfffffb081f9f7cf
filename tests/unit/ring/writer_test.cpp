#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/ring/region_files.h"

namespace hotloop {
namespace {

using namespace hotloop::testing;

TEST(RegionWriter, TakesTheNextSerialAfterAnExec) {
  const RegionFolder folder;
  ring::RegionWriter first, second;
  ASSERT_EQ(first.create(regionSpec(folder)), 0);
  ASSERT_EQ(second.create(regionSpec(folder)), 0);
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/77-0.ring"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/77-1.ring"));
  first.unmap();
  second.unmap();
}

TEST(RegionWriter, SaysWhenThereIsNoFolder) {
  ring::RegionWriter writer;
  ring::RegionSpec spec;
  spec.folder = "/no/such/folder";
  spec.pid = 1;
  EXPECT_EQ(writer.create(spec), ENOENT);
  EXPECT_FALSE(writer);
}

TEST(RegionWriter, KeepsNoDescriptor) {
  const RegionFolder folder;
  const auto open = [] {
    const std::filesystem::directory_iterator entries("/proc/self/fd");
    return std::distance(begin(entries), end(entries));
  };
  const auto before = open();
  ring::RegionWriter writer;
  ASSERT_EQ(writer.create(regionSpec(folder)), 0);
  EXPECT_EQ(open(), before);
  writer.unmap();
}

// A file that may not grow: as with no space left, but by EFBIG, for which there is no smaller try.
TEST(RegionWriter, LeavesAMarkerWhenThereIsNoRoom) {
  const RegionFolder folder;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{4096, before.rlim_max};
  std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  ring::RegionWriter writer;
  const int failure = writer.create(regionSpec(folder));
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(failure, EFBIG);
  EXPECT_FALSE(writer);
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/77.failed"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/77-0.ring"));
}

TEST(RegionLayout, FitsTheFile) {
  for (std::size_t bytes = ring::kSmallestRegionBytes; bytes <= ring::kRegionBytes; bytes *= 2) {
    const std::size_t chunks = ring::chunksIn(bytes);
    EXPECT_GT(chunks, 0u);
    EXPECT_LE(ring::payloadOffset(chunks, chunks), bytes);
    EXPECT_GT(ring::payloadOffset(chunks + 1, chunks + 1), bytes);
    EXPECT_EQ(ring::payloadOffset(chunks, 0) % ring::kPage, 0u);
  }
  EXPECT_GE(ring::chunksIn(ring::kRegionBytes), 500u);
}

} // namespace
} // namespace hotloop
