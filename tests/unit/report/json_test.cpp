#include "core/report/report_json.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/report/json_parts.h"
#include "tests/unit/report/sample_report.h"

namespace hotloop {
namespace {

TEST(ReportJson, AdviceSaysWhatTheReportSays) {
  const Json json = Json::parse(adviceJson(sampleReport()));
  EXPECT_EQ(json["schema"], "hotloop.advise/1");
  EXPECT_EQ(json["steps"]["steady"], 36);
  EXPECT_EQ(json["steps"]["period_ms"], 12.4);
  EXPECT_EQ(json["steps"]["p90_ms"], nullptr);
  EXPECT_EQ(json["per_step"]["launches"], 402);
  EXPECT_EQ(json["per_step"]["felt"], "would");
  EXPECT_EQ(json["per_step"]["kernels"], nullptr);
  ASSERT_EQ(json["findings"].size(), 2u);
  const Json &item = json["findings"][0];
  EXPECT_EQ(item["rank"], 1);
  EXPECT_EQ(item["site"]["line"], 212);
  EXPECT_EQ(item["host_ms"], 0.031);
  EXPECT_EQ(item["gain"]["ms"], nullptr);
  EXPECT_EQ(item["gain"]["why_none"], "This run has no device records.");
  const Json &measured = json["findings"][1];
  EXPECT_EQ(measured["variant"], nullptr);
  EXPECT_EQ(measured["site"]["line"], nullptr);
  EXPECT_EQ(measured["felt"], "measured");
  EXPECT_EQ(measured["gain"]["low_ms"], 0.9);
  EXPECT_EQ(measured["gain"]["why_none"], nullptr);
  EXPECT_EQ(json["not_checked"][0]["rule"], "HL304");
  EXPECT_EQ(json["exit"]["code"], 0);
}

TEST(ReportJson, HoldsThePlanAndEveryListOfFindings) {
  AdviceReport report = sampleReport();
  EXPECT_EQ(Json::parse(adviceJson(report))["plan"], nullptr);
  report.plan.emplace();
  report.plan->stepMs = 10;
  report.plan->changes = {{"graph", {"HL302"}, "Capture it.", {}, "--graph on", 4.0, 6.0, ""},
                          {"HL505", {"HL505"}, "Batch them.", {}, "", {}, {}, "No profile."}};
  report.plan->together = Gain::Estimate{4, 3, 5, "high", 0.4};
  report.plan->command = "hotloop-moe run --graph on";
  report.unresolved = report.seldom = report.notWorth;
  report.notWorth[0].gain.mostMs = 0.25;
  const Json json = Json::parse(adviceJson(report));
  const Json &plan = json["plan"];
  EXPECT_EQ(plan["changes"][0]["flags"], "--graph on");
  EXPECT_EQ(plan["changes"][0]["adds_ms"], 4);
  EXPECT_EQ(plan["changes"][0]["why_none"], nullptr);
  EXPECT_EQ(plan["changes"][1]["flags"], nullptr);
  EXPECT_EQ(plan["changes"][1]["ms"], nullptr);
  EXPECT_EQ(plan["changes"][1]["why_none"], "No profile.");
  EXPECT_EQ(plan["together"]["share"], 0.4);
  EXPECT_EQ(plan["step_ms"], 10);
  EXPECT_EQ(plan["command"], "hotloop-moe run --graph on");
  EXPECT_EQ(plan["preset"], nullptr);
  EXPECT_EQ(json["not_worth"][0]["gain"]["most_ms"], 0.25);
  EXPECT_EQ(json["unresolved"][0]["rule"], "HL605");
  EXPECT_EQ(json["seldom"][0]["rule"], "HL605");
}

TEST(ReportJson, BrokenUtf8IsReplacedNotThrown) {
  AdviceReport report = sampleReport();
  report.findings[0].title = "bad \xff\xc3";
  const Json json = Json::parse(adviceJson(report));
  EXPECT_EQ(json["findings"][0]["title"], "bad \xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(ReportJson, FindingOnOneLine) {
  const std::string line = findingJson(sampleReport().findings[0], 4);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(Json::parse(line)["rank"], 4);
}

TEST(ReportJson, StatsTablesByName) {
  StatsReport report;
  report.run.file = "r.hotloop";
  report.tables.push_back({"operators",
                           "operators",
                           {{"name", "operator", CellFormat::kText, true},
                            {"per_step", "per step", CellFormat::kCount, true},
                            {"self_ms", "self", CellFormat::kMilliseconds, true}},
                           {{std::string("aten::mm"), 2.0, 0.1 + 0.2}},
                           0});
  const Json json = Json::parse(statsJson(report));
  EXPECT_EQ(json["tables"]["operators"][0].dump(),
            R"({"name":"aten::mm","per_step":2,"self_ms":0.3})");
}

TEST(ReportJson, WholeCountsAreWholeNumbers) {
  EXPECT_EQ(countJson(3).dump(), "3");
  EXPECT_EQ(countJson(2.5).dump(), "2.5");
  EXPECT_EQ(millisecondsJson(1248377 * 1e-6).dump(), "1.248377");
}

} // namespace
} // namespace hotloop
