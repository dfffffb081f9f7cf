#include <array>
#include <cstdio>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "cli/record/store_analysis.h"
#include "tests/unit/cli/cli_harness.h"

// The real program, as a process of its own: exit codes, streams and signals are what matters here.
namespace hotloop::cli {
namespace {

using testing::HasSubstr;

CliResult runProgram(const std::string &words) {
  const char *build = std::getenv("HOTLOOP_BINARY_DIR");
  const std::string line =
      std::string(build == nullptr ? "build/dev" : build) + "/bin/hotloop " + words + " 2>err.txt";
  CliResult result;
  std::FILE *pipe = popen(line.c_str(), "r");
  std::array<char, 4096> buffer{};
  while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) result.out += buffer.data();
  const int status = pclose(pipe);
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  result.err = readFile("err.txt");
  return result;
}

class Record : public testing::Test {
protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a library with a sanitizer cannot be preloaded into the system's programs";
#endif
  }
  TestFolder folder_;
};

TEST_F(Record, PassesOutputAndExitCodeThrough) {
  const CliResult result =
      runProgram("record -o r.hotloop -- sh -c 'echo out; echo err >&2; exit 7'");
  EXPECT_EQ(result.code, 7);
  EXPECT_EQ(result.out, "out\n");
  EXPECT_THAT(result.err, testing::StartsWith("err\nhotloop: r.hotloop: 0 events"));
  EXPECT_EQ(runCli({"info", "r.hotloop"}).code, 0);
}

// record stores what its analysis says of the data; advise and stats say it again, once.
TEST_F(Record, WhatTheAnalysisSaidIsNotSaidTwice) {
  makeRunFile("short.hotloop", {.events = 700, .layers = 1});
  ASSERT_TRUE(storeAnalysis("short.hotloop"));
  for (const char *verb : {"advise", "stats"}) {
    const std::string out = runCli({verb, "short.hotloop"}).out;
    const std::size_t first = out.find(" steady steps were found; medians rest on few values");
    ASSERT_NE(first, std::string::npos) << out;
    EXPECT_EQ(out.find("steady steps were found", first + 10), std::string::npos) << out;
  }
}

TEST_F(Record, QuietSaysNothing) {
  EXPECT_EQ(runProgram("record -q -o r.hotloop -- true").err, "");
}

TEST_F(Record, ASignalIs128PlusItsNumber) {
  const CliResult result = runProgram("record -o r.hotloop -- sh -c 'kill -TERM $$'");
  EXPECT_EQ(result.code, 128 + 15);
  EXPECT_THAT(result.err, HasSubstr("ended by signal 15 (Terminated)"));
}

TEST_F(Record, OwnFailuresAre125To127) {
  EXPECT_EQ(runProgram("record").code, 125);
  EXPECT_EQ(runProgram("record --stacks some -- true").code, 125);
  EXPECT_EQ(runProgram("record -o absent/r.hotloop -- true").code, 125);
  EXPECT_EQ(runProgram("record -o - -- true").code, 125);
  EXPECT_EQ(runProgram("record -- /etc").code, 126);
  writeFile("script", "#!/absent/interpreter\n");
  std::filesystem::permissions("script", std::filesystem::perms::owner_all);
  EXPECT_THAT(runProgram("record -- ./script").code, testing::AnyOf(126, 127));
  const CliResult absent = runProgram("record -- no-such-program-anywhere");
  EXPECT_EQ(absent.code, 127);
  EXPECT_THAT(absent.err, HasSubstr("no-such-program-anywhere was not found on PATH"));
}

TEST_F(Record, KeepsAnExistingFileUnlessForced) {
  EXPECT_EQ(runProgram("record -o r.hotloop -- true").code, 0);
  const std::string before = readFile("r.hotloop");
  const CliResult refused = runProgram("record -o r.hotloop -- false");
  EXPECT_EQ(refused.code, 125);
  EXPECT_THAT(refused.err, HasSubstr("r.hotloop"));
  EXPECT_EQ(readFile("r.hotloop"), before);
  EXPECT_EQ(runProgram("record -f -o r.hotloop -- false").code, 1);
}

TEST_F(Record, DefaultNameIsFree) {
  EXPECT_EQ(runProgram("record -- true").code, 0);
  EXPECT_EQ(runProgram("record true").code, 0);
  EXPECT_TRUE(std::filesystem::exists("hotloop-true-1.hotloop"));
  EXPECT_TRUE(std::filesystem::exists("hotloop-true-2.hotloop"));
}

TEST_F(Record, ResultThatCannotBeWrittenIsAFailure) {
  EXPECT_EQ(runProgram("help >/dev/full").code, 2);
  EXPECT_THAT(readFile("err.txt"), HasSubstr("cannot write the result to standard output"));
}

} // namespace
} // namespace hotloop::cli
