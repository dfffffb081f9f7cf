#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/store/run_writer.h"
#include "tests/support/make_run.h"
#include "tests/unit/cli/cli_harness.h"
#include "tests/unit/cli/json_schema.h"

namespace hotloop::cli {
namespace {

using Json = nlohmann::json;
using test_support::Plant;
using testing::HasSubstr;
using testing::IsEmpty;

// `hotloop record` of these tests: hands out run files that were made before, in turn. `crash`
// fails.
constexpr const char *kRecorder = R"(#!/bin/sh
while [ "$1" != -o ]; do shift; done
out=$2; shift 3
[ "$1" != crash ] || { echo "it broke" >&2; exit 7; }
name=$1; for word; do case $word in --mode) name=$1-$next;; esac; done
[ "$2" != --mode ] || name=$1-$3
count=$(cat "$ROOT/$name.count" 2>/dev/null || echo 0)
echo $((count + 1)) > "$ROOT/$name.count"
cp "$ROOT/$name$((count % 3)).hotloop" "$out"
)";

class Measured : public testing::Test {
protected:
  void SetUp() override {
    const std::string here = std::filesystem::current_path().string();
    std::filesystem::create_directories("bin");
    writeFile("bin/hotloop", kRecorder);
    std::filesystem::permissions("bin/hotloop", std::filesystem::perms::all);
    path_ = std::getenv("PATH");
    setenv("PATH", (here + "/bin:" + path_).c_str(), 1);
    setenv("ROOT", here.c_str(), 1);
    for (std::uint64_t i = 0; i < 3; ++i) {
      const std::string number = std::to_string(i) + ".hotloop";
      makeRunFile("base" + number, {.events = 6'000, .seed = i + 1, .layers = 1});
      makeRunFile("same" + number, {.events = 6'000, .seed = i + 11, .layers = 1});
      makeRunFile("slow" + number,
                  {.events = 6'000, .seed = i + 1, .layers = 1, .plants = {Plant::kExpertLoop}});
      makeRunFile("prog-a" + number, {.events = 6'000, .seed = i + 1, .layers = 1});
      makeRunFile("prog-b" + number,
                  {.events = 6'000, .seed = i + 1, .layers = 1, .plants = {Plant::kExpertLoop}});
    }
  }
  void TearDown() override { setenv("PATH", path_.c_str(), 1); }
  TestFolder folder_;
  std::string path_;
};

TEST_F(Measured, AbPassesEqualBuildsAndFailsASlowerOneWithTheReason) {
  const CliResult same = runCli({"ab", "--base", "base", "--cand", "same", "-r", "10"});
  EXPECT_NE(same.code, 1) << same.out << same.err;
  const CliResult slow =
      runCli({"ab", "--base", "base", "--cand", "slow", "-r", "10", "--json", "-o", "ab.json"});
  EXPECT_EQ(slow.code, 1) << slow.err;
  const Json json = Json::parse(readFile("ab.json"));
  EXPECT_THAT(JsonSchema("check").check(json), IsEmpty());
  EXPECT_EQ(json["times"][0]["verdict"], "regression");
  EXPECT_EQ(json["times"][0]["log_ratios"].size(), 10u);
  double parts = 0;
  for (const Json &cause : json["causes"]) parts += cause["delta_ms"].get<double>();
  EXPECT_NEAR(parts, json["step_delta_ms"].get<double>(), 1e-4);
  // The report in other formats, with the verdict that it has.
  const CliResult again = runCli({"check", "ab.json"});
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.out, HasSubstr("REGRESSION"));
  writeFile("broken.json", "{\"schema\": \"hotloop.check/1\", ");
  EXPECT_EQ(runCli({"check", "broken.json"}).code, 2);
  writeFile("empty.json", "{\"schema\": \"hotloop.check/1\"}");
  EXPECT_EQ(runCli({"check", "empty.json"}).code, 3);
}

// kExpertLoop slows the experts: their phase fails, the optimizer does not, and a limit in ms of
// the whole step holds for the candidate.
TEST_F(Measured, AbJudgesTheTimeLimitsOfBudgets) {
  writeFile("hotloop.toml", R"([[budget]]
phase = "**/experts"
time.body = { max_growth = "4%" }
[[budget]]
phase = "optimizer"
time.p90 = { max_growth = "30%", level = "warn" }
[[budget]]
phase = "**"
time.body = { max = "1us", level = "warn" }
)");
  const CliResult slow = runCli({"ab", "--base", "base", "--cand", "slow", "-r", "12", "--json"});
  EXPECT_EQ(slow.code, 1) << slow.err;
  const Json json = Json::parse(slow.out);
  EXPECT_THAT(JsonSchema("check").check(json), IsEmpty());
  std::string verdicts;
  for (const Json &time : json["times"])
    verdicts += time["metric"].get<std::string>() + " " +
                (time["phase"].is_null() ? "" : time["phase"].get<std::string>()) + " " +
                time["verdict"].get<std::string>() + "\n";
  EXPECT_THAT(verdicts, HasSubstr("phase.body **/experts regression"));
  EXPECT_THAT(verdicts, HasSubstr("phase.p90 optimizer "));
  EXPECT_THAT(verdicts, testing::Not(HasSubstr("optimizer regression")));
  bool overLimit = false;
  for (const Json &row : json["rows"])
    overLimit = overLimit || (row["verdict"] == "HG020" && row["status"] == "warn" &&
                              row["counter"] == "step.body");
  EXPECT_TRUE(overLimit) << slow.out;
  EXPECT_THAT(runCli({"ab", "--base", "base", "--cand", "slow", "-r", "12"}).out,
              HasSubstr("phase.body **/experts"));
  writeFile("hotloop.toml", "[[budget]]\nphase = \"absent\"\ntime.body = { max = \"1s\" }\n");
  const CliResult absent = runCli({"ab", "--base", "base", "--cand", "same", "-r", "2"});
  EXPECT_EQ(absent.code, 3) << absent.out;
  EXPECT_THAT(absent.out, HasSubstr("no phase of both builds matches \"absent\""));
}

TEST_F(Measured, MaxRegressSetsWhatFails) {
  const CliResult wide = runCli({"ab", "--base", "base", "--cand", "same", "-r", "10",
                                 "--max-regress", "step.body=40%,step.p90=80%", "--json"});
  const Json json = Json::parse(wide.out);
  EXPECT_EQ(json["times"][0]["effect"], 0.4);
  EXPECT_EQ(json["times"][1]["effect"], 0.8);
  EXPECT_EQ(runCli({"ab", "--base", "base", "--cand", "slow", "-r", "1", "--max-regress",
                    "step.body=5%", "--effect", "5%"})
                .code,
            2);
  EXPECT_EQ(runCli({"baseline", "save", "main", "base0.hotloop", "-q"}).code, 0);
  const CliResult worse = runCli({"check", "slow0.hotloop", "--max-regress", "launches=1%"});
  EXPECT_EQ(worse.code, 1);
  EXPECT_THAT(worse.out, HasSubstr("+1%"));
  // A share of nothing is nothing: its syncs are new, so they are left out here.
  std::vector<std::string> allowed{"check", "slow0.hotloop", "--fail-on", "launches,allocs,bytes"};
  for (const char *counter : {"launches", "allocs", "bytes", "bytes.peak", "bytes.kept"})
    allowed.insert(allowed.end(), {"--max-regress", std::string(counter) + "=100000%"});
  const CliResult passes = runCli(allowed);
  EXPECT_EQ(passes.code, 0) << passes.out;
  const CliResult time = runCli({"check", "slow0.hotloop", "--max-regress", "step.body=5%"});
  EXPECT_EQ(time.code, 2);
  EXPECT_THAT(time.err, HasSubstr("hotloop ab"));
}

TEST_F(Measured, AbSaysWhyItCannotDecide) {
  const CliResult crash = runCli({"ab", "--base", "base", "--cand", "crash", "-r", "3"});
  EXPECT_EQ(crash.code, 3);
  EXPECT_THAT(crash.out, HasSubstr("it broke"));
  EXPECT_THAT(crash.out, HasSubstr("HG038"));
  EXPECT_EQ(runCli({"ab", "--base", "crash", "--cand", "same", "-r", "3"}).code, 3);
  EXPECT_EQ(runCli({"ab", "--base", "base", "--cand", "same", "-r", "0"}).code, 2) << "zero pairs";
  EXPECT_EQ(runCli({"ab", "--base", "base", "--cand", "same", "-r", "5..2"}).code, 2);
  EXPECT_EQ(runCli({"ab", "--base", "base"}).code, 2);
  EXPECT_EQ(runCli({"ab", "--base", "'base", "--cand", "same"}).code, 2) << "an open quote";
  EXPECT_EQ(runCli({"ab", "--base-ref", "x", "--", "base"}).code, 2) << "no repository";
  const CliResult few = runCli({"ab", "--base", "base", "--cand", "same", "-r", "2"});
  EXPECT_EQ(few.code, 0) << few.out;
  EXPECT_THAT(few.out, HasSubstr("more pairs"));
  EXPECT_EQ(
      runCli({"ab", "--base", "base", "--cand", "same", "-r", "2", "--on-inconclusive", "fail"})
          .code,
      4);
  const CliResult late = runCli({"ab", "--base", "base", "--cand", "same", "--max-time", "1ns"});
  EXPECT_EQ(late.code, 3) << late.out;
}

TEST_F(Measured, ClocksAreLockedAndGivenBackOrTheReasonIsTold) {
  const auto tool = [](const std::string &body) {
    writeFile("bin/nvidia-smi", "#!/bin/sh\necho \"$1\" >> \"$ROOT/clocks\"\n" + body);
    std::filesystem::permissions("bin/nvidia-smi", std::filesystem::perms::all);
  };
  tool("exit 0\n");
  EXPECT_EQ(
      runCli({"ab", "--base", "base", "--cand", "same", "-r", "1", "--lock-clocks", "1410"}).code,
      0);
  EXPECT_EQ(readFile("clocks"), "--lock-gpu-clocks=1410,1410\n--reset-gpu-clocks\n");
  tool("echo 'The current user does not have permission'\nexit 4\n");
  const CliResult refused =
      runCli({"ab", "--base", "base", "--cand", "same", "-r", "1", "--lock-clocks", "1410"});
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, HasSubstr("does not have permission; run it as root"));
  EXPECT_EQ(runCli({"ab", "--base", "base", "--cand", "same", "--lock-clocks", "fast"}).code, 2);
}

TEST_F(Measured, SweepGroupsAndExplains) {
  const CliResult sweep = runCli({"sweep", "-P", "mode=a,b", "-r", "6", "--json", "--", "prog"});
  EXPECT_EQ(sweep.code, 0) << sweep.err;
  const Json json = Json::parse(sweep.out);
  EXPECT_THAT(JsonSchema("sweep").check(json), IsEmpty());
  ASSERT_EQ(json["configurations"].size(), 2u);
  EXPECT_EQ(json["configurations"][0]["name"], "mode=a");
  EXPECT_EQ(json["configurations"][1]["group"], 2);
  const CliResult one = runCli({"sweep", "--from", "base0.hotloop", "--from", "slow0.hotloop"});
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_EQ(runCli({"sweep", "-P", "mode", "--", "prog"}).code, 2);
  EXPECT_EQ(runCli({"sweep", "-P", "mode=a"}).code, 2);
  EXPECT_EQ(runCli({"sweep", "--", "crash"}).code, 3);
}

TEST_F(Measured, CalibrateMeasuresTheFloor) {
  const CliResult result =
      runCli({"calibrate", "-n", "8", "--json", "--", "base"}, {{"XDG_CACHE_HOME", "cache"}});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(JsonSchema("calibrate").check(Json::parse(result.out)), IsEmpty());
  EXPECT_TRUE(std::filesystem::exists("cache/hotloop/calibration.toml"));
  EXPECT_EQ(runCli({"calibrate", "-n", "3", "--", "base"}).code, 2);
}

TEST_F(Measured, HistoryFindsTheRunThatChangedACounter) {
  std::filesystem::create_directories("runs");
  for (int i = 0; i < 4; ++i)
    std::filesystem::copy_file(i < 2 ? "base0.hotloop" : "slow0.hotloop",
                               "runs/" + std::to_string(i) + ".hotloop");
  makeEmptyRunFile("runs/9.hotloop");
  const CliResult result = runCli({"history", "runs", "--metric", "syncs", "--json"});
  EXPECT_EQ(result.code, 0) << result.err;
  const Json json = Json::parse(result.out);
  EXPECT_THAT(JsonSchema("history").check(json), IsEmpty());
  ASSERT_EQ(json["changes"].size(), 1u);
  EXPECT_EQ(json["changes"][0]["index"], 2);
  EXPECT_EQ(json["skipped"].size(), 1u);
  EXPECT_EQ(runCli({"history", "runs", "--metric", "sink"}).code, 2);
  std::filesystem::create_directories("none");
  EXPECT_EQ(runCli({"history", "none"}).code, 3);
}

TEST_F(Measured, ADatabaseOfRunsRemembersThemWithoutTheirFiles) {
  EXPECT_EQ(runCli({"history", "--db", "runs.db"}).code, 2) << "there is none yet";
  EXPECT_EQ(runCli({"history", "base0.hotloop", "same0.hotloop", "--db", "runs.db"}).code, 0);
  EXPECT_EQ(runCli({"baseline", "save", "main", "base0.hotloop", "-q"}).code, 0);
  EXPECT_EQ(runCli({"check", "slow0.hotloop", "--db", "runs.db"}).code, 1);
  for (const char *file : {"base0.hotloop", "same0.hotloop", "slow0.hotloop"})
    std::filesystem::remove(file);
  const CliResult result = runCli({"history", "--db", "runs.db", "--metric", "launches", "--json"});
  EXPECT_EQ(result.code, 0) << result.err;
  const Json json = Json::parse(result.out);
  EXPECT_THAT(JsonSchema("history").check(json), IsEmpty());
  ASSERT_EQ(json["points"].size(), 3u);
  double most = 0, last = 0;
  for (const Json &point : json["points"]) {
    most = std::max(most, point["value"].get<double>());
    if (point["file"] == "slow0.hotloop") last = point["value"];
  }
  EXPECT_EQ(last, most) << "the expert loop launches most";
  EXPECT_EQ(runCli({"history"}, {{"HOTLOOP_DB", "runs.db"}}).code, 0);
  // A run that was judged again is there once.
  EXPECT_EQ(runCli({"check", "slow1.hotloop", "--db", "runs.db"}).code, 1);
  EXPECT_EQ(runCli({"check", "slow1.hotloop", "--db", "runs.db"}).code, 1);
  EXPECT_EQ(Json::parse(runCli({"history", "--db", "runs.db", "--json"}).out)["points"].size(), 4u);
  EXPECT_EQ(runCli({"check", "slow1.hotloop", "--db", "slow2.hotloop"}).code, 2) << "a run file";
}

TEST_F(Measured, LintFindsBudgetsThatLimitNothing) {
  const auto lint = [](const std::string &budgets) {
    writeFile("hotloop.toml", budgets);
    const CliResult result = runCli({"budget", "lint", "--against", "slow0.hotloop"});
    EXPECT_EQ(result.code, result.out.find("no problem") == std::string::npos ? 2 : 0);
    return result.out;
  };
  const std::string whole = "[[budget]]\nphase = \"**\"\nlaunches = { max_new = 0 }\n";
  const std::string phase = "[[budget]]\nphase = \"optimizer\"\nlaunches = { max_new = 3 }\n";
  EXPECT_THAT(lint(phase + whole), HasSubstr("no problem"));
  EXPECT_THAT(lint(whole + phase), HasSubstr("hotloop.toml:4: never reached"));
  EXPECT_THAT(lint(whole + "[[budget]]\nphase = \"optimizer\"\nlaunches = { max = 300 }\n"),
              HasSubstr("no problem"));
  EXPECT_THAT(lint(whole + "[[budget]]\nphase = \"optimizer\"\nsyncs = { max_new = 3 }\n"),
              HasSubstr("no problem"));
  EXPECT_THAT(lint("[[budget]]\nphase = \"fwd\"\nlaunches = { max = 300 }\n"),
              HasSubstr("no phase of the run matches"));
  EXPECT_THAT(lint("[[budget]]\nphase = \"**\"\nkernel = \"k\"\nspills = { max = 0 }\n"),
              HasSubstr("spills are in no run"));
}

TEST_F(Measured, BudgetsAreWrittenCheckedAndTightened) {
  const CliResult init = runCli({"budget", "init", "slow0.hotloop"});
  EXPECT_EQ(init.code, 0) << init.err;
  writeFile("hotloop.toml", init.out);
  EXPECT_EQ(runCli({"budget", "lint", "--against", "slow0.hotloop"}).code, 0);
  EXPECT_EQ(runCli({"budget", "show", "slow0.hotloop"}).code, 0);
  const CliResult tight = runCli({"budget", "tighten", "base0.hotloop"});
  EXPECT_EQ(tight.code, 0) << tight.err;
  EXPECT_THAT(tight.out, HasSubstr("->"));
  EXPECT_EQ(runCli({"budget", "tighten", "base0.hotloop"}).out,
            "every limit is as tight as the run\n");
  writeFile("hotloop.toml", "[[budget]]\nphase = \"no such\"\nsyncs = { max = 1 }\n");
  const CliResult lint = runCli({"budget", "lint", "--against", "base0.hotloop"});
  EXPECT_EQ(lint.code, 2);
  EXPECT_THAT(lint.out, HasSubstr("no phase of the run matches"));
}

TEST_F(Measured, BisectFindsTheCommit) {
  ASSERT_EQ(std::system("mkdir repo && cd repo && git init -q -b main . && for i in 1 2 3 4 5 6; "
                        "do if [ $i -ge 4 ]; then "
                        "echo slow > program; else echo base > program; fi; echo $i > n; git add "
                        "-A; git -c user.name=t -c "
                        "user.email=t@t commit -qm \"commit $i\"; done"),
            0);
  // The recorder runs what the commit's file names.
  std::string recorder = kRecorder;
  recorder.replace(recorder.find("name=$1;"), 8,
                   "[ \"$1\" != program ] || set -- $(cat program); name=$1;");
  writeFile("bin/hotloop", recorder);
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path("repo");
  const CliResult result = runCli({"bisect", "--good", "HEAD~5", "--bad", "HEAD", "--metric",
                                   "syncs", "--json", "--", "program"},
                                  {{"XDG_CACHE_HOME", before.string() + "/cache"}});
  const CliResult equal = runCli({"bisect", "--good", "HEAD~5", "--bad", "HEAD~4", "--", "program"},
                                 {{"XDG_CACHE_HOME", before.string() + "/cache"}});
  const CliResult unknown = runCli({"bisect", "--good", "nope", "--bad", "HEAD", "--", "program"});
  std::filesystem::current_path(before);
  ASSERT_EQ(result.code, 0) << result.err;
  const Json json = Json::parse(result.out);
  EXPECT_THAT(JsonSchema("bisect").check(json), IsEmpty());
  EXPECT_EQ(json["subject"], "commit 4");
  EXPECT_EQ(equal.code, 3);
  EXPECT_EQ(unknown.code, 2);
}

} // namespace
} // namespace hotloop::cli
