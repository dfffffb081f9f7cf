#include <gmock/gmock.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <unistd.h>

#include "tests/unit/cupti/cuda_run.h"

// However the program ends or multiplies: it behaves as without us, and what CUPTI handed over by
// then is in the file.
namespace hotloop {
namespace {

using namespace testing;

struct Ending {
  const char *mode;
  int exitStatus;
  std::size_t kernels; // "first", at least
};
class CudaEndings : public ::testing::TestWithParam<Ending> {};

TEST_P(CudaEndings, KeepTheExitStatusAndTheRecords) {
  const Recorded recorded = recordCuda(GetParam().mode);
  EXPECT_EQ(recorded.outcome.exitStatus, GetParam().exitStatus);
  EXPECT_GE(kernelsNamed(recorded.run, "first"), GetParam().kernels);
}
INSTANTIATE_TEST_SUITE_P(All, CudaEndings,
                         ::testing::Values(Ending{"abort", 134, 1}, Ending{"_exit", 3, 1},
                                           Ending{"kill", 137, 1}, Ending{"term", 143, 1},
                                           Ending{"int", 130, 1}, Ending{"throw", 134, 1},
                                           Ending{"close-all", 0, 2}, Ending{"fork-before", 0, 1},
                                           Ending{"fork-after", 0, 2}, Ending{"children", 0, 2},
                                           Ending{"twice", 0, 1}, Ending{"exec", 0, 1},
                                           Ending{"unload", 0, 20}),
                         [](const auto &test) {
                           std::string name;
                           for (const char *c = test.param.mode; *c; ++c)
                             if (std::isalpha(static_cast<unsigned char>(*c))) name += *c;
                           return name;
                         });

TEST(CudaEndings, AForkedChildOfACudaProgramRecordsNoCuda) {
  const Recorded recorded = recordCuda("fork-after");
  EXPECT_EQ(kernelsNamed(recorded.run, "in child"), 0u);
  EXPECT_EQ(recorded.outcome.exitStatus, 0);
}

TEST(CudaEndings, StreamsPerThread) {
  const Recorded recorded = recordCuda("per-thread-streams");
  EXPECT_EQ(apisNamed(recorded.run, "__cudaLaunchKernel"), 1u);
  EXPECT_EQ(apisNamed(recorded.run, "cudaMemcpy"), 1u);
  EXPECT_EQ(apisNamed(recorded.run, "cuMemAlloc"), 1u);
  EXPECT_EQ(kernelsNamed(recorded.run, "ptsz"), 1u);
}

#ifndef HOTLOOP_TEST_STATIC_ONLY
// Nobody reads the rings any more: the program works on, and ends.
TEST(CudaEndings, TheProgramOutlivesItsRecorder) {
  const TemporaryFolder folder;
  ::setenv("HOTLOOP_CUPTI_PATH", fakeCupti().c_str(), 1);
  ::setenv("FAKE_CUPTI", "", 1);
  ::setenv("FAKE_STOP", (folder / "stop").c_str(), 1);
  const int recorder = spawn(
      {recorderProgram(), folder / "run.hotloop", injectedLibrary(), "--", cudaTarget(), "survive"},
      folder / "pid");
  const int program = std::atoi(waitForFile(folder / "pid").c_str());
  ASSERT_GT(program, 0);
  ::usleep(300'000);
  ::kill(recorder, SIGKILL);
  EXPECT_EQ(waitFor(recorder), 137);
  ::usleep(300'000);
  EXPECT_EQ(::kill(program, 0), 0) << "it works on";
  std::ofstream(folder / "stop") << "now";
  for (int tries = 0; tries < 200 && ::kill(program, 0) == 0; ++tries) ::usleep(100'000);
  EXPECT_NE(::kill(program, 0), 0) << "it ends";
}
#endif

TEST(CudaEndings, CuptiThatStopsIsTold) {
  const Recorded recorded = recordCuda("fatal", 5);
  EXPECT_EQ(recorded.outcome.exitStatus, 0);
  EXPECT_EQ(qualityCount(recorded.run, "cupti_stopped"), 1);
  EXPECT_EQ(kernelsNamed(recorded.run, "first"), 1u);
  EXPECT_EQ(stepNumbers(recorded.run).size(), 5u);
}

// A kernel that never ends: the program's exit waits a few seconds for CUPTI, not for ever.
TEST(CudaEndings, AFlushThatHangsDoesNotHoldTheProgram) {
  const Recorded recorded = recordCuda("work", 1, "hang");
  EXPECT_EQ(recorded.outcome.exitStatus, 0);
  EXPECT_EQ(qualityCount(recorded.run, "cuda_flush_timeout"), 1);
  EXPECT_EQ(stepNumbers(recorded.run).size(), 50u);
}

} // namespace
} // namespace hotloop
