#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

#include "collectors/inject/launcher.h"
#include "collectors/inject/shell_quote.h"
#include "tests/unit/inject/recorded_run.h"

namespace hotloop {
namespace {

using namespace hotloop::testing;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class RecorderFailures : public ::testing::Test {
protected:
  Error recordError(const std::vector<std::string> &command) {
    options_.command = command;
    options_.injectLibrary = injectedLibrary();
    options_.output = folder_ / "run.hotloop";
    const auto outcome = record(options_);
    EXPECT_FALSE(outcome);
    EXPECT_FALSE(std::filesystem::exists(options_.output));
    return outcome ? Error{} : outcome.error();
  }

  TemporaryFolder folder_;
  RecordOptions options_;
};

TEST_F(RecorderFailures, ProgramNotOnPath) {
  const Error error = recordError({"no-such-program-anywhere"});
  EXPECT_EQ(error.kind, ErrorKind::kNotFound);
  EXPECT_THAT(error.message, HasSubstr("'no-such-program-anywhere' was not found on PATH"));
}

TEST_F(RecorderFailures, ProgramPathMissing) {
  const Error error = recordError({folder_ / "missing"});
  EXPECT_EQ(error.kind, ErrorKind::kNotFound);
}

TEST_F(RecorderFailures, ProgramNotExecutable) {
  std::ofstream(folder_ / "text") << "hello\n";
  const Error error = recordError({folder_ / "text"});
  EXPECT_EQ(error.kind, ErrorKind::kPermission);
  EXPECT_THAT(error.message, HasSubstr("cannot be executed"));
}

TEST_F(RecorderFailures, InterpreterOfAScriptMissing) {
  std::ofstream(folder_ / "script") << "#!/no/such/interpreter\n";
  std::filesystem::permissions(folder_ / "script", std::filesystem::perms::owner_all);
  EXPECT_EQ(recordError({folder_ / "script"}).kind, ErrorKind::kNotFound);
}

TEST_F(RecorderFailures, NoCommand) { EXPECT_EQ(recordError({}).kind, ErrorKind::kInvalidInput); }

TEST_F(RecorderFailures, NoLibrary) {
  options_.command = {"/bin/true"};
  options_.output = folder_ / "run.hotloop";
  options_.injectLibrary = folder_ / "libhotloop.so";
  const auto outcome = record(options_);
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, HasSubstr("libhotloop.so"));
}

TEST_F(RecorderFailures, OutputFolderMissing) {
  options_.command = {"/bin/true"};
  options_.injectLibrary = injectedLibrary();
  options_.output = folder_ / "no-such-folder/run.hotloop";
  EXPECT_FALSE(record(options_));
}

TEST_F(RecorderFailures, ALibraryPathWithBlanksIsPreloadedAllTheSame) {
  std::filesystem::create_directory(folder_ / "with blank");
  std::filesystem::copy(injectedLibrary(), folder_ / "with blank/libhotloop.so");
  options_.command = {targetProgram(), "steps", "10"};
  options_.injectLibrary = folder_ / "with blank/libhotloop.so";
  options_.output = folder_ / "run.hotloop";
  const auto outcome = record(options_);
  ASSERT_TRUE(outcome) << outcome.error().message;
  const auto run = loadRun(options_.output);
  ASSERT_TRUE(run);
  EXPECT_EQ(stepNumbers(*run), numbersFrom(0, 10));
}

// A file size limit fails as a full disk does. In a process of its own, as it cannot be taken back.
TEST_F(RecorderFailures, AFullDiskStopsTheFileAndNotTheProgram) {
  const int recorder = spawn({"/bin/sh", "-c",
                              "trap '' XFSZ; ulimit -S -f 2048; exec " + recorderProgram() + " " +
                                  (folder_ / "run.hotloop") + " " + injectedLibrary() +
                                  " -- /bin/sh -c \"ulimit -S -f unlimited; exec " +
                                  targetProgram() + " threads 2 60000\""});
  EXPECT_EQ(waitFor(recorder), 0);
  const auto run = loadRun(folder_ / "run.hotloop");
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_NE(run->meta("state"), "clean");
}

TEST_F(RecorderFailures, AProgramWithoutRoomForItsRingsRunsOn) {
  options_.command = {"/bin/sh", "-c", "ulimit -S -f 1; exec " + targetProgram() + " steps 10 8"};
  options_.injectLibrary = injectedLibrary();
  options_.output = folder_ / "run.hotloop";
  const auto outcome = record(options_);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->exitStatus, 8);
  const auto run = loadRun(options_.output);
  ASSERT_TRUE(run);
  EXPECT_EQ(qualityCount(*run, "no_shared_memory"), 1);
}

TEST(InjectedEnvironment, KeepsWhatTheUserSet) {
  ::setenv("LD_PRELOAD", "", 1);
  ::setenv("NVTX_INJECTION64_PATH", "/opt/other.so", 1);
  ::unsetenv("CUDA_INJECTION64_PATH");
  RecordOptions options;
  options.operators = false;
  options.stacks = StackPolicy::kOff;
  const auto environment = injectedEnvironment(options, {"/x/libhotloop.so", "/dev/shm/live", {}});
  EXPECT_THAT(environment, Contains("LD_PRELOAD=/x/libhotloop.so"));
  EXPECT_THAT(environment, Contains("NVTX_INJECTION64_PATH=/opt/other.so"));
  EXPECT_THAT(environment, Not(Contains("NVTX_INJECTION64_PATH=/x/libhotloop.so")));
  EXPECT_THAT(environment, Contains("CUDA_INJECTION64_PATH=/x/libhotloop.so"));
  EXPECT_THAT(environment, Contains("HOTLOOP_LIVE=/dev/shm/live"));
  EXPECT_THAT(environment, Contains("HOTLOOP_OPTIONS=no-operators,no-stacks"));
  ::setenv("LD_PRELOAD", "libfirst.so", 1);
  EXPECT_THAT(injectedEnvironment(options, {"/x/libhotloop.so", "/live", {}}),
              Contains("LD_PRELOAD=/x/libhotloop.so:libfirst.so"));
  ::unsetenv("LD_PRELOAD");
  ::unsetenv("NVTX_INJECTION64_PATH");
}

TEST(ShellQuote, ReadsBack) {
  EXPECT_EQ(shellQuote({"python3", "a b.py", "--x=1", "it's", ""}),
            "python3 'a b.py' --x=1 'it'\\''s' ''");
}

} // namespace
} // namespace hotloop
