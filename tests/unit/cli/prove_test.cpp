#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/prove/prove_seal.h"
#include "cli/prove/prove_statistics.h"
#include "cli/prove/prove_suite.h"
#include "core/base/sha256.h"
#include "core/store/run_reader.h"
#include "tests/unit/cli/cli_harness.h"
#include "tests/unit/cli/json_schema.h"

namespace hotloop::cli {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

ProvedCase caseOf(double predicted, double measured, double width = 0.02) {
  ProvedCase one;
  one.name = "c";
  one.prediction.gain = predicted;
  one.prediction.low = predicted - 0.02;
  one.prediction.high = predicted + 0.02;
  one.prediction.trust = "high";
  one.measured.stored = true;
  one.measured.gain = measured;
  one.measured.low = measured - width / 2;
  one.measured.high = measured + width / 2;
  return one;
}

TEST(ProveStatistics, GainIsTheMiddleRatioAndReachesOverProcesses) {
  CaseMeasurement measured;
  measured.processes.push_back({{10, 10, 10, 10, 10, 10, 10}, {8, 8, 8, 8, 8, 8, 40}});
  concludeMeasurement(measured);
  EXPECT_NEAR(measured.gain, 0.2, 1e-9); // one round that was held up changes nothing
  EXPECT_EQ(measured.rounds(), 7u);
  measured.processes.push_back({{10, 10, 10, 10, 10, 10, 10}, {9, 9, 9, 9, 9, 9, 9}});
  concludeMeasurement(measured);
  EXPECT_LE(measured.low, 0.1 + 1e-9); // the other process had another luck
  EXPECT_GE(measured.high, 0.2 - 1e-9);
  EXPECT_DOUBLE_EQ(measured.badMs, 10);
}

TEST(ProveStatistics, ATooWideIntervalJudgesNothing) {
  EXPECT_TRUE(decidable(caseOf(0, 0.1, 0.09).measured));
  EXPECT_FALSE(decidable(caseOf(0, 0.1, 0.11).measured));
  EXPECT_FALSE(decidable(CaseMeasurement{}));
}

TEST(ProveStatistics, BoundsAreOneSided) {
  ProvedCase one = caseOf(0.1, 0.3);
  EXPECT_FALSE(covered(one));
  one.prediction.bound = "lower";
  EXPECT_TRUE(covered(one));
  one.prediction.bound = "upper";
  EXPECT_FALSE(covered(one));
}

TEST(ProveStatistics, SharesHaveExactBounds) {
  // Clopper-Pearson, 95 %, from the literature: 8 of 10 is 44.4 to 97.5 %.
  const ShareInterval interval = shareInterval({8, 10}, 0.95);
  EXPECT_NEAR(interval.low, 0.4439, 1e-3);
  EXPECT_NEAR(interval.high, 0.9748, 1e-3);
  EXPECT_DOUBLE_EQ(shareInterval({0, 5}, 0.95).low, 0);
  EXPECT_DOUBLE_EQ(shareInterval({5, 5}, 0.95).high, 1);
  EXPECT_NEAR(shareInterval({5, 5}, 0.95).low, 0.4782, 1e-3);
}

TEST(ProveStatistics, SummaryCountsWhatCanBeJudged) {
  ProvedProgram program;
  program.cases = {caseOf(0.30, 0.31), caseOf(0.10, 0.20), caseOf(-0.05, 0.05),
                   caseOf(0.4, 0.1, 0.5)};
  ProvedCase silent = caseOf(0, 0.2);
  silent.prediction.abstained = "why";
  program.cases.push_back(silent);
  const std::vector<ProvedProgram> programs{program};
  const ProveSummary summary = summarize(programs);
  EXPECT_EQ(summary.cases, 5);
  EXPECT_EQ(summary.undecidable, 1);
  EXPECT_EQ(summary.abstained, 1);
  EXPECT_EQ(summary.judged, 3);
  EXPECT_NEAR(summary.medianError, 0.1, 1e-9);
  EXPECT_EQ(summary.sign.hits, 2);
  EXPECT_EQ(summary.sign.all, 3);
  EXPECT_EQ(summary.coverage.hits, 1);
  EXPECT_EQ(summary.top.hits, 1);
  EXPECT_EQ(summary.top.all, 1);
  EXPECT_NEAR(summary.naiveZero, (0.31 + 0.2 + 0.05) / 3, 1e-9);
}

TEST(ProveSeal, AChangedPredictionBreaksIt) {
  ProvedProgram program;
  program.name = "p";
  program.cases = {caseOf(0.3, 0.3)};
  program.seal = sealOf(program, "2026-01-01T00:00:00Z");
  EXPECT_EQ(program.seal.sha256, sha256Hex(program.seal.text));
  EXPECT_TRUE(sealHolds(program));
  program.cases[0].measured.gain = 0.9; // measuring is no change
  EXPECT_TRUE(sealHolds(program));
  program.cases[0].prediction.gain = 0.29;
  EXPECT_FALSE(sealHolds(program));
  program.seal.text = sealOf(program, "").text; // text changed to fit, hash not
  EXPECT_FALSE(sealHolds(program));
}

// Halves of the last digit round in one way only.
TEST(ProveSeal, HoldsInAFileThatIsReadBack) {
  for (int i = 0; i < 2000; ++i) {
    ProveReport report;
    report.programs.emplace_back();
    ProvedProgram &program = report.programs[0];
    program.name = "p";
    program.unprofiledMs = (219'000 + i + 0.5) * 1e-6;
    program.cases = {caseOf((i - 1000 + 0.5) * 1e-6, 0.3)};
    program.seal = sealOf(program, "2026-01-01T00:00:00Z");
    const auto back = readProveJson(proveJson(report), "r.json");
    ASSERT_TRUE(back) << back.error().message;
    ASSERT_TRUE(sealHolds(back->programs[0])) << back->programs[0].seal.text;
  }
}

TEST(ProveSuite, SaysWhatIsWrong) {
  const auto wrong = [](const char *text) {
    const auto suite = parseSuite(text, "s.json", {});
    return suite ? std::string() : suite.error().message;
  };
  EXPECT_THAT(wrong("{"), HasSubstr("s.json: is no JSON"));
  EXPECT_THAT(wrong(R"({"schema": "x", "suite": "s", "groups": []})"), HasSubstr("no suite of"));
  EXPECT_THAT(
      wrong(R"({"schema": "hotloop.prove-suite/1", "suite": "s", "groups": [{"name": "g"}]})"),
      HasSubstr("/groups/0 has no \"programs\""));
  EXPECT_THAT(wrong(R"({"schema": "hotloop.prove-suite/1", "suite": "s", "groups": [{"name": "g",
      "programs": [{"name": "p", "bad": "x", "cases": []}]}]})"),
              HasSubstr("\"bad\" is no list of texts"));
}

TEST(ProveSuite, EveryBuiltinSuiteCanBeRead) {
  const auto names = builtinSuiteNames();
  EXPECT_THAT(names, testing::Contains("samples"));
  for (const std::string &name : names) {
    const auto text = suiteText(name);
    ASSERT_TRUE(text) << name;
    const auto suite = parseSuite(*text, name, {{"bin", "/b"}});
    ASSERT_TRUE(suite) << suite.error().message;
    EXPECT_EQ(suite->name, name);
  }
  EXPECT_THAT(suiteText("sampels").error().message, HasSubstr("moe-cpu"));
}

class Prove : public testing::Test {
protected:
  // A program with a bench of its own: the sides are names, their times are written down here.
  void SetUp() override {
    makeRunFile("bad.hotloop",
                {.events = 20'000, .device = true, .plants = {test_support::Plant::kItem}});
    writeFile("bench.sh",
              "#!/bin/sh\nprintf '{\"configurations\": ['\n"
              "printf '{\"name\": \"slow\", \"step_ms\": {\"rounds\": [4, 4, 4, 4, 4, 4]}},'\n"
              "printf '{\"name\": \"fast\", \"step_ms\": {\"rounds\": [3, 3, 3, 3, 3, 3]}}]}'\n");
    std::filesystem::permissions("bench.sh", std::filesystem::perms::owner_all);
  }
  static void suite(const std::string &trace, const std::string &measured) {
    writeFile("s.json",
              R"({"schema": "hotloop.prove-suite/1", "suite": "s", "groups": [{"name": "g", )" +
                  std::string(measured.empty() ? R"("bench": ["./bench.sh"], )" : "") +
                  R"("programs": [{"name": "p", "trace": ")" + trace +
                  R"(", "t0_ms": 1.2, "compare": "slow", "cases": [{"name": "c", "class": "sync",
                  "compare": "fast", "predict": ["fix:remove-sync"])" +
                  measured + "}]}]}]}");
  }
  TestFolder folder_;
};

TEST_F(Prove, StoredTruthIsJudged) {
  suite("bad.hotloop", R"(, "measured": [0.1, 0.08, 0.12])");
  const CliResult result = runCli({"prove", "--suite", "./s.json", "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  const Json json = Json::parse(result.out);
  EXPECT_THAT(JsonSchema("prove").check(json), IsEmpty());
  const Json &one = json["programs"][0]["cases"][0];
  EXPECT_TRUE(one["measured"]["stored"]);
  ASSERT_TRUE(one["predicted"]["gain"].is_number()) << one["predicted"];
  EXPECT_NEAR(one["error"].get<double>(), one["predicted"]["gain"].get<double>() - 0.1, 1e-6);
  EXPECT_EQ(json["programs"][0]["seal"]["sha256"],
            sha256Hex(json["programs"][0]["seal"]["text"].get<std::string>()));
  EXPECT_THAT(runCli({"prove", "--suite", "./s.json"}).out, HasSubstr("1 judged"));
}

TEST_F(Prove, MeasuresBySuiteBenchAndResumes) {
  suite("bad.hotloop", "");
  // The trace stands for the recording; the bench for both sides.
  std::string text = readFile("s.json");
  const CliResult first = runCli(
      {"prove", "--suite", "./s.json", "--budget", "30s", "--resume", "state.json", "--json"});
  const Json json = Json::parse(first.out);
  EXPECT_THAT(JsonSchema("prove").check(json), IsEmpty());
  const Json &measured = json["programs"][0]["cases"][0]["measured"];
  ASSERT_TRUE(measured.is_object()) << first.out << first.err;
  EXPECT_NEAR(measured["gain"].get<double>(), 0.25, 1e-6);
  EXPECT_EQ(measured["processes"].size(), 2u); // narrow at once, but two processes at the least
  const CliResult again = runCli(
      {"prove", "--suite", "./s.json", "--budget", "30s", "--resume", "state.json", "--json"});
  EXPECT_EQ(Json::parse(again.out)["programs"], json["programs"]);
  // Somebody improves the prediction afterwards.
  std::string state = readFile("state.json");
  const std::string gain =
      "\"gain\": " + json["programs"][0]["cases"][0]["predicted"]["gain"].dump();
  ASSERT_NE(state.find(gain), state.npos);
  state.replace(state.find(gain), gain.size(), "\"gain\": 0.25");
  writeFile("state.json", state);
  const CliResult broken = runCli({"prove", "--suite", "./s.json", "--resume", "state.json"});
  EXPECT_EQ(broken.code, 2);
  EXPECT_THAT(broken.err, HasSubstr("not those that were sealed"));
}

// A step of a made run is bound by its host: time added there is added to the step.
TEST_F(Prove, DelaysAreForetold) {
  const auto gainOf = [](const std::string &delay) {
    writeFile("d.json",
              R"({"schema": "hotloop.prove-suite/1", "suite": "d", "groups": [{"name": "g",
              "programs": [{"name": "p", "trace": "bad.hotloop", "t0_ms": 1.2, "cases": [{"name": "c",
              "class": "delay", "predict": [")" +
                  delay + R"("], "measured": [0, -0.01, 0.01]}]}]}]})");
    const CliResult result = runCli({"prove", "--suite", "./d.json", "--json"});
    EXPECT_EQ(result.code, 0) << result.err;
    return Json::parse(result.out)["programs"][0]["cases"][0]["predicted"];
  };
  const Json host = gainOf("delay:host:step=120");
  ASSERT_TRUE(host["gain"].is_number()) << host;
  EXPECT_NEAR(host["gain"].get<double>(), -0.1, 0.03);
  EXPECT_NEAR(gainOf("delay:host:step=240")["gain"].get<double>(), 2 * host["gain"].get<double>(),
              0.03);
  EXPECT_THAT(gainOf("delay:host:nowhere=10")["abstained"].get<std::string>(),
              HasSubstr("No range \"nowhere\""));
  EXPECT_EQ(runCli({"prove", "--suite", "./d.json"}).code, 0);
}

TEST_F(Prove, MissingPartsAreNamed) {
  suite("{where}/bad.hotloop", R"(, "measured": [0.1, 0.08, 0.12])");
  const CliResult left = runCli({"prove", "--suite", "./s.json"});
  EXPECT_EQ(left.code, 3);
  EXPECT_THAT(left.out, HasSubstr("{where} has no value; give --set where=..."));
  EXPECT_EQ(runCli({"prove", "--suite", "./s.json", "--set", "where=."}).code, 0);
  EXPECT_EQ(runCli({"prove"}).code, 2);
  EXPECT_EQ(runCli({"prove", "--suite", "nothing"}).code, 2);
  EXPECT_THAT(runCli({"prove", "--bad", "a", "--good", "b"}).err, HasSubstr("--fix FIX"));
  EXPECT_EQ(runCli({"prove", "--suite", "samples", "--budget", "soon"}).code, 2);
}

TEST_F(Prove, PredictionsAndSealStandInTheRunFile) {
  ProvedProgram program;
  program.name = "p";
  program.unprofiledMs = 4;
  program.cases = {caseOf(0.25, 0.2)};
  program.seal = sealOf(program, "2026-01-01T00:00:00Z");
  ASSERT_TRUE(storePredictions("bad.hotloop", program));
  const auto run = loadRun("bad.hotloop");
  ASSERT_TRUE(run);
  const auto &rows = (*run)->predictions;
  ASSERT_EQ(rows.fix.size(), 2u);
  EXPECT_EQ(run->text(rows.fix[0]), "c");
  EXPECT_DOUBLE_EQ(rows.gain[0], 1e6);
  EXPECT_EQ(run->text(rows.fix[1]), "seal sha256:" + program.seal.sha256);
  EXPECT_THAT(std::string(run->text(rows.whyNone[1])), HasSubstr("2026-01-01"));
}

} // namespace
} // namespace hotloop::cli
