#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/store/run_writer.h"
#include "tests/unit/cli/cli_harness.h"
#include "tests/unit/cli/json_schema.h"

namespace hotloop::cli {
namespace {

using Json = nlohmann::json;
using test_support::Plant;
using testing::HasSubstr;
using testing::IsEmpty;

class GateCommands : public testing::Test {
protected:
  void SetUp() override {
    makeRunFile("base.hotloop", {.events = 20'000, .layers = 2});
    makeRunFile("item.hotloop", {.events = 20'000, .layers = 2, .plants = {Plant::kItem}});
    ASSERT_EQ(runCli({"baseline", "save", "main", "base.hotloop", "-q"}).code, 0);
  }
  TestFolder folder_;
};

TEST_F(GateCommands, TheSameRunPassesAndANewSyncFailsWithItsLine) {
  const CliResult same = runCli({"check", "base.hotloop"});
  EXPECT_EQ(same.code, 0) << same.out << same.err;
  EXPECT_THAT(same.out, HasSubstr("passed"));
  const CliResult worse = runCli({"check", "item.hotloop", "--baseline", "main"});
  EXPECT_EQ(worse.code, 1) << worse.out << worse.err;
  const auto &plant = test_support::plantInfo(Plant::kItem);
  EXPECT_THAT(worse.out, HasSubstr(std::string(plant.file) + ":" + std::to_string(plant.line)));
  EXPECT_THAT(worse.out, HasSubstr("provisional"));
  const Json json = Json::parse(runCli({"check", "item.hotloop", "--json"}).out);
  EXPECT_THAT(JsonSchema("check").check(json), IsEmpty());
  EXPECT_EQ(json["exit"]["code"], 1);
  EXPECT_EQ(json["exit"]["reason"], "new-sync");
  EXPECT_EQ(runCli({"check", "item.hotloop", "--fail-on", "copies"}).code, 0);
  const CliResult runs = runCli({"check", "item.hotloop", "--baseline", "base.hotloop"});
  EXPECT_EQ(runs.code, 1) << "run against run";
  EXPECT_THAT(runs.out, HasSubstr("next: hotloop diff base.hotloop item.hotloop"));
  const CliResult stillFails = runCli({"check", "item.hotloop", "--filter", "phase:nothing"});
  EXPECT_EQ(stillFails.code, 1);
  EXPECT_THAT(stillFails.out,
              HasSubstr(std::string(plant.file) + ":" + std::to_string(plant.line)));
  EXPECT_EQ(runCli({"check", "base.hotloop", "--filter", "category:x"}).code, 2);
}

TEST_F(GateCommands, AcceptRecordsTheChangeWithItsReason) {
  EXPECT_EQ(runCli({"baseline", "accept", "item.hotloop"}).code, 2);
  const CliResult accepted =
      runCli({"baseline", "accept", "item.hotloop", "--reason", "we log the loss"});
  EXPECT_EQ(accepted.code, 0) << accepted.err;
  EXPECT_THAT(accepted.out, HasSubstr("host syncs of the step"));
  EXPECT_EQ(runCli({"check", "item.hotloop"}).code, 0);
  EXPECT_THAT(runCli({"baseline", "show", "main"}).out, HasSubstr("reason: we log the loss"));
}

TEST_F(GateCommands, BaselinesAreListedShownDiffedVerified) {
  EXPECT_THAT(
      JsonSchema("baselines").check(Json::parse(runCli({"baseline", "list", "--json"}).out)),
      IsEmpty());
  EXPECT_THAT(JsonSchema("baseline").check(Json::parse(runCli({"baseline", "show", "--json"}).out)),
              IsEmpty());
  EXPECT_EQ(runCli({"baseline", "diff", "main", "item.hotloop"}).code, 0) << "no verdict";
  EXPECT_EQ(runCli({"baseline", "verify"}).code, 0);
  EXPECT_EQ(runCli({"baseline", "save", "main", "base.hotloop"}).code, 2) << "exists";
  EXPECT_EQ(runCli({"baseline", "save", "main", "base.hotloop", "--force"}).code, 0);
  EXPECT_EQ(runCli({"baseline", "save", "../x", "base.hotloop"}).code, 2);
  EXPECT_EQ(runCli({"baseline", "prune"}).code, 0);
  const std::string path = "hotloop-baseline/main.cpu.toml";
  std::string text = readFile(path);
  writeFile(path, text + "# changed\n");
  EXPECT_EQ(runCli({"baseline", "verify"}).code, 2);
  const CliResult refused = runCli({"check", "base.hotloop"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("changed by hand"));
  EXPECT_EQ(runCli({"baseline", "verify", "main", "--seal", "--reason", "merged"}).code, 0);
  EXPECT_EQ(runCli({"check", "base.hotloop"}).code, 0);
}

TEST_F(GateCommands, AnOldBaselineWarns) {
  const std::string path = "hotloop-baseline/main.cpu.toml";
  std::string text = readFile(path);
  const std::size_t at = text.find("saved = \"");
  ASSERT_NE(at, text.npos);
  text.replace(at + 9, 4, "2020");
  writeFile(path, text);
  EXPECT_EQ(runCli({"baseline", "verify", "main", "--seal", "--reason", "of old"}).code, 0);
  const CliResult old = runCli({"check", "base.hotloop"});
  EXPECT_EQ(old.code, 0) << old.out << old.err;
  EXPECT_THAT(old.out, HasSubstr("HG035"));
  EXPECT_THAT(old.out, HasSubstr("days old; save it anew"));
  writeFile("hotloop.toml", "version = 1\n[gate]\nbaseline = \"main\"\nstale_days = 0\n");
  EXPECT_THAT(runCli({"check", "base.hotloop"}).out, testing::Not(HasSubstr("HG035")));
}

// A trace of another tool is gated as a run is: learned from, judged, and compared with another
// one.
TEST_F(GateCommands, TracesOfOtherToolsAreGated) {
  makeRunFile("good.hotloop", {.events = 20'000, .device = true, .layers = 2});
  makeRunFile("bad.hotloop",
              {.events = 20'000, .device = true, .layers = 2, .plants = {Plant::kItem}});
  for (const std::string format : {"kineto", "nsys"}) {
    const std::string ending = format == "nsys" ? ".sqlite" : ".json";
    for (const std::string name : {"good", "bad"})
      ASSERT_EQ(runCli({"export", name + ".hotloop", "--format", format, "-o", name + ending}).code,
                0);
    ASSERT_EQ(runCli({"baseline", "save", format, "good" + ending, "-q"}).code, 0);
    EXPECT_EQ(runCli({"check", "good" + ending, "--baseline", format}).code, 0);
    const CliResult worse = runCli({"check", "bad" + ending, "--baseline", format});
    EXPECT_EQ(worse.code, 1) << worse.out << worse.err;
    EXPECT_THAT(worse.out, HasSubstr("host syncs"));
    const CliResult traces = runCli({"check", "bad" + ending, "--baseline", "good" + ending});
    EXPECT_EQ(traces.code, 1) << traces.out << traces.err;
    EXPECT_EQ(runCli({"check", "good.hotloop", "--baseline", format}).code, 3)
        << "a recording beside a trace of another tool";
  }
}

TEST_F(GateCommands, FailsClosed) {
  const auto code = [](std::vector<std::string> words) {
    const CliResult result = runCli(words);
    EXPECT_NE(result.out + result.err, "");
    return result.code;
  };
  EXPECT_EQ(code({"check", "base.hotloop", "--baseline", "absent"}), 3);
  EXPECT_EQ(code({"check", "base.hotloop", "--baseline", "absent", "--on-missing", "warn"}), 0);
  EXPECT_EQ(code({"check", "base.hotloop", "--baseline", "x/absent.toml"}), 3);
  makeEmptyRunFile("empty.hotloop");
  EXPECT_EQ(code({"check", "empty.hotloop"}), 3);
  makeRunFile("device.hotloop", {.events = 20'000, .device = true, .layers = 2});
  EXPECT_EQ(code({"check", "device.hotloop"}), 3) << "no baseline of that device class";
  EXPECT_EQ(code({"check", "device.hotloop", "--baseline", "hotloop-baseline/main.cpu.toml"}), 3);
  EXPECT_EQ(code({"check", "absent.hotloop"}), 2);
  EXPECT_EQ(code({"check"}), 2);
  EXPECT_EQ(code({"check", "base.hotloop", "--report", "junitt"}), 2);
  EXPECT_EQ(code({"check", "base.hotloop", "--allow", "HG001"}), 2);
  EXPECT_EQ(code({"check", "base.hotloop", "--exact", "synks"}), 2);
  writeFile("broken.hotloop", "SQLite format 3");
  EXPECT_EQ(code({"check", "broken.hotloop"}), 2);
  EXPECT_EQ(code({"baseline", "save", "empty", "empty.hotloop"}), 3);
  EXPECT_EQ(code({"baseline", "verify", "absent"}), 3);
  EXPECT_EQ(code({"check", "base.hotloop", "--baseline", "fresh", "--bootstrap"}), 0);
  EXPECT_TRUE(std::filesystem::exists("hotloop-baseline/fresh.cpu.toml"));
}

TEST_F(GateCommands, BudgetsOfTheConfigurationApply) {
  writeFile("hotloop.toml", "[[budget]]\nphase = \"**\"\noperators = { max = 3 }\n");
  const CliResult over = runCli({"check", "base.hotloop"});
  EXPECT_EQ(over.code, 1) << over.out << over.err;
  EXPECT_THAT(over.out, HasSubstr("line 1"));
  writeFile("hotloop.toml", "[[budget]]\nphase = \"**\"\noperators = { max = 1000000 }\n");
  EXPECT_THAT(runCli({"check", "base.hotloop"}).out, HasSubstr("budgets"));
  const CliResult filtered = runCli({"check", "base.hotloop", "--filter", "counter:syncs"});
  EXPECT_EQ(filtered.code, 0);
  EXPECT_THAT(filtered.out, testing::Not(HasSubstr("budgets")));
  writeFile("hotloop.toml", "[gate]\nbaselin = \"x\"\n");
  EXPECT_EQ(runCli({"check", "base.hotloop"}).code, 2);
}

} // namespace
} // namespace hotloop::cli
