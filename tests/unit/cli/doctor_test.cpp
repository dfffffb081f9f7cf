#include "cli/doctor/checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/cli_harness.h"

namespace hotloop::cli {
namespace {

TEST(Doctor, SharedMemory) {
  EXPECT_EQ(judgeSharedMemory("/dev/shm", 1ull << 30).state, CheckState::kOk);
  const Check small =
      judgeSharedMemory("/dev/shm", 64ull << 20); // what a container gets by default
  EXPECT_EQ(small.state, CheckState::kWarn);
  EXPECT_THAT(small.todo, testing::HasSubstr("--shm-size"));
  EXPECT_EQ(judgeSharedMemory("/dev/shm", 1ull << 20).state, CheckState::kFail);
}

TEST(Doctor, Torch) {
  EXPECT_EQ(judgeTorch("2.11.0", "2.11.0").state, CheckState::kOk);
  EXPECT_EQ(judgeTorch("2.11.0", "").state, CheckState::kOk);
  EXPECT_EQ(judgeTorch("2.11.0", "2.10.0").state, CheckState::kWarn);
  EXPECT_EQ(judgeTorch("", "2.10.0").state, CheckState::kWarn);
  // The local part of a wheel's version ("+cpu") says how it was built, not what it is.
  EXPECT_EQ(judgeTorch("2.11.0", "2.11.0+cpu").state, CheckState::kOk);
}

TEST(Doctor, Python) {
  EXPECT_EQ(judgePython("python3", 3, 11).state, CheckState::kOk);
  EXPECT_EQ(judgePython("python3", 3, 13).state, CheckState::kOk);
  EXPECT_EQ(judgePython("python3", 3, 10).state, CheckState::kWarn);
  EXPECT_EQ(judgePython("python3", 3, 14).state, CheckState::kWarn);
  EXPECT_EQ(judgePython("python", 2, 11).state, CheckState::kWarn);
}

TEST(Doctor, Clock) {
  EXPECT_EQ(judgeClock("fpu constant_tsc nonstop_tsc sse", "tsc").state, CheckState::kOk);
  EXPECT_EQ(judgeClock("fpu constant_tsc", "hpet").state, CheckState::kWarn);
  EXPECT_EQ(judgeClock("fpu constant_tsc_x nonstop_tsc", "tsc").state, CheckState::kWarn);
  EXPECT_EQ(judgeClock("", "").state, CheckState::kWarn);
}

TEST(Doctor, PrintsEveryCheck) {
  const CliResult result = runCli({"doctor"});
  EXPECT_TRUE(result.code == 0 || result.code == 1);
  for (const char *name : {"libhotloop", "libunwind", "torch", "python", "shared memory", "clock",
                           "CUDA driver", "CUPTI"})
    EXPECT_THAT(result.out, testing::HasSubstr(name));
}

} // namespace
} // namespace hotloop::cli
