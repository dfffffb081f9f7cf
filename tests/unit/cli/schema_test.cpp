#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/cli_harness.h"
#include "tests/unit/cli/json_schema.h"

namespace hotloop::cli {
namespace {

using Json = nlohmann::json;
using testing::IsEmpty;

class Schemas : public testing::Test {
protected:
  static Json output(std::vector<std::string> words) {
    words.push_back("--json");
    const CliResult result = runCli(words);
    EXPECT_TRUE(result.code == 0 || result.code == 3) << result.err;
    return Json::parse(result.out);
  }
  void SetUp() override {
    makeRunFile("host.hotloop",
                {.events = 20'000,
                 .plants = {test_support::Plant::kItem, test_support::Plant::kAllocation,
                            test_support::Plant::kExpertLoop}});
    makeRunFile("device.hotloop",
                {.events = 20'000, .device = true, .plants = {test_support::Plant::kItem}});
    makeEmptyRunFile("empty.hotloop");
  }
  TestFolder folder_;
};

TEST_F(Schemas, AGraphIsJudgedAfterTheOtherFixes) {
  const Json alone = output({"whatif", "device.hotloop", "--fix", "graph"});
  ASSERT_TRUE(alone["abstained"].is_string());
  EXPECT_THAT(alone["abstained"].get<std::string>(), testing::HasSubstr("cannot be captured"));
  const Json both = output({"whatif", "device.hotloop", "--fix", "remove-sync,async-copy,graph"});
  EXPECT_TRUE(both["abstained"].is_null()) << both["abstained"];
  EXPECT_GT(both["predicted"]["gain"].get<double>(), 0.05);
  EXPECT_TRUE(both["fixes"][2]["abstained"].is_string()); // alone it stays forbidden
}

TEST_F(Schemas, OfSeveralFixesThoseThatApplyArePredicted) {
  const Json waits = output({"whatif", "device.hotloop", "--fix", "remove-sync"});
  const Json both =
      output({"whatif", "device.hotloop", "--fix", "drop-recompute", "--fix", "remove-sync"});
  EXPECT_TRUE(both["abstained"].is_null());
  EXPECT_EQ(both["predicted"], waits["predicted"]);
  ASSERT_EQ(both["not_applied"].size(), 1u);
  EXPECT_EQ(both["not_applied"][0]["fix"], "drop-recompute");
  EXPECT_THAT(both["not_applied"][0]["why"].get<std::string>(), testing::HasSubstr("backward"));
  const CliResult text =
      runCli({"whatif", "device.hotloop", "--fix", "drop-recompute", "--fix", "remove-sync"});
  EXPECT_THAT(text.out, testing::HasSubstr("drop-recompute  left out: No backward pass"));
  const Json none =
      output({"whatif", "device.hotloop", "--fix", "drop-recompute", "--fix", "retype"});
  EXPECT_THAT(none["abstained"].get<std::string>(),
              testing::AllOf(testing::HasSubstr("drop-recompute: No backward"),
                             testing::HasSubstr("retype: ")));
  EXPECT_TRUE(none["predicted"]["ms"].is_null());
}

TEST_F(Schemas, EveryOutputFollowsItsSchema) {
  for (const char *run : {"host.hotloop", "device.hotloop", "empty.hotloop"}) {
    EXPECT_THAT(JsonSchema("advise").check(output({"advise", run})), IsEmpty()) << run;
    EXPECT_THAT(JsonSchema("stats").check(output(
                    {"stats", run, "-r", "operators,sites,syncs,allocs,launches,ranges,steps"})),
                IsEmpty())
        << run;
    EXPECT_THAT(JsonSchema("whatif").check(output({"whatif", run})), IsEmpty()) << run;
    EXPECT_THAT(JsonSchema("whatif").check(
                    output({"whatif", run, "--fix", "remove-sync,graph", "--t0", "4"})),
                IsEmpty())
        << run;
    EXPECT_THAT(JsonSchema("info").check(output({"info", run})), IsEmpty()) << run;
    EXPECT_THAT(JsonSchema("diff").check(output({"diff", "host.hotloop", run})), IsEmpty()) << run;
    EXPECT_THAT(
        JsonSchema("query").check(output({"query", run, "SELECT 1 a, 2.5 a, 'x' b, NULL c"})),
        IsEmpty());
  }
  EXPECT_THAT(JsonSchema("doctor").check(Json::parse(runCli({"doctor", "--json"}).out)), IsEmpty());
  EXPECT_THAT(JsonSchema("version").check(output({"version"})), IsEmpty());
  EXPECT_THAT(JsonSchema("rules").check(output({"rules"})), IsEmpty());
  EXPECT_THAT(JsonSchema("rules").check(output({"rules", "show", "HL101"})), IsEmpty());
  EXPECT_THAT(JsonSchema("rules").check(output({"rules", "why-not", "HL101", "host.hotloop"})),
              IsEmpty());
  EXPECT_THAT(JsonSchema("advise").check(output({"advise", "device.hotloop", "--explain", "1"})),
              IsEmpty());
}

TEST_F(Schemas, TheCheckFindsWhatIsWrong) {
  Json advice = output({"advise", "host.hotloop"});
  ASSERT_FALSE(advice["findings"].empty());
  advice["findings"][0]["felt"] = "maybe";
  advice["steps"].erase("steady");
  advice["per_step"]["launches"] = "many";
  advice["schema"] = "hotloop.advise/2";
  EXPECT_EQ(JsonSchema("advise").check(advice).size(), 4u);
}

TEST_F(Schemas, WhyNotTellsTheCasesApart) {
  const auto verdict = [](const char *rule, const char *run) {
    return output({"rules", "why-not", rule, run})["why_not"]["verdict"];
  };
  EXPECT_EQ(verdict("HL101", "host.hotloop"), "fired");
  EXPECT_EQ(verdict("HL102", "host.hotloop"), "not_checked"); // no CUDA calls
  EXPECT_EQ(verdict("HL103", "host.hotloop"), "explained");   // by the loop over experts
  EXPECT_THAT(output({"rules", "why-not", "HL103", "host.hotloop"})["why_not"]["reasons"].dump(),
              testing::HasSubstr("HL104 (Experts run one after the other"));
  EXPECT_EQ(verdict("HL305", "host.hotloop"), "no_pattern");
  // Every rule gives a verdict with a reason, on every kind of run.
  for (const char *run : {"host.hotloop", "device.hotloop", "empty.hotloop"})
    for (const Json &rule : output({"rules"})["rules"]) {
      const Json why = output({"rules", "why-not", rule["id"].get<std::string>(), run})["why_not"];
      EXPECT_FALSE(why["reasons"].empty()) << run << " " << rule["id"];
      for (const Json &reason : why["reasons"]) EXPECT_GT(reason.get<std::string>().size(), 20u);
    }
  EXPECT_EQ(runCli({"rules", "why-not", "HL101"}).code, 2);
  EXPECT_THAT(runCli({"rules", "why-not", "host.hotloop", "HL101"}).err,
              testing::HasSubstr("hotloop rules why-not HL101 host.hotloop"));
  EXPECT_EQ(runCli({"rules", "why-not", "HL999", "host.hotloop"}).code, 2);
  EXPECT_EQ(runCli({"advise", "host.hotloop", "--t0", "fast"}).code, 2);
}

TEST_F(Schemas, HostRunGivesWouldBeCountsAndNulls) {
  const Json stats = output({"stats", "host.hotloop"});
  EXPECT_EQ(stats["per_step"]["felt"], "would");
  EXPECT_TRUE(stats["per_step"]["launches"].is_number());
  EXPECT_TRUE(stats["per_step"]["host_syncs"].is_number());
  for (const char *key : {"kernels", "graph_launches", "copies"})
    EXPECT_TRUE(stats["per_step"][key].is_null()) << key;
  EXPECT_GT(stats["steps"]["steady"], 0);
  EXPECT_GT(stats["steps"]["period_ms"], 0);
  const Json device = output({"stats", "device.hotloop"});
  EXPECT_EQ(device["per_step"]["felt"], "measured");
  EXPECT_TRUE(device["per_step"]["kernels"].is_number());
}

TEST_F(Schemas, EmptyRunSaysWhyAndExitsThree) {
  const CliResult result = runCli({"advise", "empty.hotloop", "--json"});
  EXPECT_EQ(result.code, 3);
  const Json json = Json::parse(result.out);
  EXPECT_EQ(json["exit"]["code"], 3);
  EXPECT_TRUE(json["findings"].empty());
  EXPECT_TRUE(json["steps"]["why_none"].is_string());
}

} // namespace
} // namespace hotloop::cli
