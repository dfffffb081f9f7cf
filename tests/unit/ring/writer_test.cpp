#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
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

class FileSizeLimit {
public:
  explicit FileSizeLimit(rlim_t bytes) {
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &before_), 0);
    const rlimit limit{bytes, before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

private:
  rlimit before_{};
};

// SIGXFSZ has its default here: it would end the test.
TEST(RegionWriter, LeavesAMarkerWhenTheProgramMayNotWriteSuchAFile) {
  const RegionFolder folder;
  const FileSizeLimit limit(4096);
  ring::RegionWriter writer;
  EXPECT_EQ(writer.create(regionSpec(folder, ring::kRegionBytes)), EFBIG);
  EXPECT_FALSE(writer);
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/77.failed"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/77-0.ring"));
}

TEST(RegionWriter, KeepsWithinTheProgramsFileSizeLimit) {
  const RegionFolder folder;
  const FileSizeLimit limit(5 << 20);
  ring::RegionWriter writer;
  ASSERT_EQ(writer.create(regionSpec(folder, ring::kRegionBytes)), 0);
  EXPECT_EQ(writer.header().chunkCount, ring::chunksIn(4 << 20));
  writer.unmap();
}

// A file system of 3 MiB, where the machine lets us make one.
TEST(RegionWriter, TakesLessWhereThereIsLittleRoom) {
  const RegionFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWNS | (::geteuid() == 0 ? 0 : CLONE_NEWUSER)) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=3m") != 0)
      ::_exit(77);
    ring::RegionWriter writer;
    if (writer.create(regionSpec(folder, ring::kRegionBytes)) != 0) ::_exit(1);
    ::_exit(writer.header().chunkCount == ring::chunksIn(2 << 20) ? 0 : 2);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no file system can be mounted here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
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
