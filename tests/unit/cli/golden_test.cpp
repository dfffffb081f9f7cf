#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/cli_harness.h"

// The text that users read, on made runs. HOTLOOP_REBASE=1 build/.../cli_test
// --gtest_filter='Golden*' rewrites the files.
namespace hotloop::cli {
namespace {

using test_support::Plant;

class Golden : public testing::Test {
protected:
  void SetUp() override {
    makeRunFile("bad.hotloop", {.events = 20'000, .plants = {Plant::kItem, Plant::kExpertLoop}});
    makeRunFile("good.hotloop", {.events = 20'000});
  }
  static void expect(const std::string &name, std::vector<std::string> words, int code = 0,
                     std::size_t columns = 0) {
    const CliResult result = runCli(words, {}, columns);
    EXPECT_EQ(result.code, code);
    EXPECT_EQ(result.err, "");
    expectGolden(name, result.out);
  }
  TestFolder folder_;
};

TEST_F(Golden, Advise) { expect("advise.txt", {"advise", "bad.hotloop", "--rule", "HL101"}); }
TEST_F(Golden, AdviseNarrow) {
  expect("advise_72.txt", {"advise", "bad.hotloop", "--rule", "HL101"}, 0, 72);
}
TEST_F(Golden, AdviseMarkdown) {
  expect("advise.md", {"advise", "bad.hotloop", "--rule", "HL101", "--format", "md"});
}
TEST_F(Golden, Explain) { expect("explain.txt", {"advise", "bad.hotloop", "--explain", "HL101"}); }
TEST_F(Golden, Stats) {
  expect("stats.txt", {"stats", "bad.hotloop", "-r",
                       "operators,sites,syncs,allocs,launches,ranges,steps", "--limit", "4"});
}
TEST_F(Golden, StatsNarrow) {
  expect("stats_60.txt", {"stats", "bad.hotloop", "--limit", "4"}, 0, 60);
}
TEST_F(Golden, StatsCsv) {
  expect("stats.csv", {"stats", "bad.hotloop", "-r", "syncs", "--format", "csv"});
}
TEST_F(Golden, StatsSorted) {
  expect("stats_sorted.txt", {"stats", "bad.hotloop", "--sort", "name", "--limit", "5"});
}
TEST_F(Golden, Diff) {
  expect("diff.txt", {"diff", "bad.hotloop", "good.hotloop", "--limit", "6"});
}
TEST_F(Golden, DiffMarkdown) {
  expect("diff.md", {"diff", "bad.hotloop", "good.hotloop", "--limit", "6", "--format", "md"});
}
TEST_F(Golden, Query) {
  expect("query.txt",
         {"query", "bad.hotloop",
          "SELECT text AS operator, count(*) AS n FROM op JOIN string ON string.id = op.name "
          "GROUP BY 1 ORDER BY n DESC, 1 LIMIT 5"});
}

TEST_F(Golden, OptionsMayStandBeforeTheCommand) {
  EXPECT_EQ(runCli({"--limit", "2", "stats", "bad.hotloop"}).out,
            runCli({"stats", "bad.hotloop", "--limit=2"}).out);
  EXPECT_EQ(runCli({"--json", "advise", "bad.hotloop"}).out,
            runCli({"advise", "--format=json", "bad.hotloop"}).out);
}

TEST_F(Golden, QuietAndVerbose) {
  const CliResult cut = runCli({"query", "bad.hotloop", "SELECT start FROM op", "--limit", "2"});
  EXPECT_THAT(cut.err, testing::HasSubstr("cut after 2 rows"));
  EXPECT_EQ(runCli({"query", "bad.hotloop", "SELECT start FROM op", "--limit", "2", "-q"}).err, "");
  EXPECT_THAT(runCli({"advise", "bad.hotloop", "-v"}).err, testing::HasSubstr("HL101 took "));
}

TEST_F(Golden, ExplainFailures) {
  EXPECT_THAT(runCli({"advise", "bad.hotloop", "--explain", "99"}).err,
              testing::HasSubstr("give a rank from the list"));
  EXPECT_THAT(runCli({"advise", "good.hotloop", "--explain", "HL999"}).err,
              testing::HasSubstr("neither a rank"));
  EXPECT_THAT(runCli({"advise", "good.hotloop", "--explain", "HL103"}).err,
              testing::HasSubstr("hotloop rules why-not HL103 good.hotloop"));
  EXPECT_EQ(runCli({"advise", "bad.hotloop", "--explain", "99"}).code, 2);
  EXPECT_THAT(runCli({"advise", "good.hotloop", "--explain", "HL101"}).err,
              testing::HasSubstr("no finding of this rule in good.hotloop"));
}

TEST_F(Golden, WarmupIsTaken) {
  const std::string out = runCli({"stats", "bad.hotloop", "-w", "20", "--json"}).out;
  const std::string all = runCli({"stats", "bad.hotloop", "-w", "0", "--json"}).out;
  EXPECT_NE(out, all);
  EXPECT_THAT(out, testing::HasSubstr("\"steady\": "));
}

} // namespace
} // namespace hotloop::cli
