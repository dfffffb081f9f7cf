#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/report/gate_writers.h"
#include "tests/unit/cli/cli_harness.h"

namespace hotloop::cli {
namespace {

using testing::HasSubstr;

// Names as hostile as recorded names can be.
GateReport report(std::size_t sites) {
  GateReport report;
  report.run.file = "r&<>\"'.hotloop";
  report.baseline = "baseline main (today, 3 runs)";
  report.notes = {"a note\nwith ::error::injected"};
  for (std::size_t i = 0; i < sites; ++i) {
    GateRow row;
    row.verdict = "HG001";
    row.status = i % 3 == 2 ? GateStatus::kWarn : GateStatus::kFail;
    row.level = "site";
    row.counter = "host_syncs";
    row.phase = "fwd/\x01layer";
    row.site = {"a%b,c:d/train" + std::to_string(i) + ".py", 12, "f<T>|x\x1b[31m", ""};
    row.op = "aten::item";
    row.base = 2;
    row.now = 3;
    row.limit = "+0";
    row.message = "new at a ]]> \xff place\nsecond line";
    report.rows.push_back(row);
  }
  GateRow step;
  step.level = "step";
  step.counter = "allocations";
  step.base = step.now = 4;
  report.rows.push_back(step);
  GateRow run;
  run.verdict = "HG034";
  run.status = GateStatus::kError;
  run.level = "run";
  run.message = "collapsed";
  report.rows.push_back(run);
  GateRow skipped;
  skipped.status = GateStatus::kInconclusive;
  skipped.level = "time";
  skipped.counter = "step.body";
  skipped.verdict = "HG040";
  skipped.message = "more pairs would decide";
  report.rows.push_back(skipped);
  report.times.push_back(
      {"step.body", 10, 11, .1, .05, .15, .001, .05, 10, 0, "regression", .03, ""});
  report.pairs.push_back({.1, .09, -.02});
  report.times.push_back(
      {"phase.p90", 1, 1, 0, -.1, .1, .5, .1, 10, 7, "inconclusive", .3, "a|b/**"});
  report.pairs.push_back({0, .1});
  report.stepDeltaMs = 1.5;
  report.causes.push_back(
      {"sync", "fwd", "aten::item", "", {"train.py", 3, "f", ""}, 1.5, 1, 1.5, 0, 0, 0, 1});
  concludeGate(report, false);
  return report;
}

TEST(Reports, FollowTheirSchemas) {
  const char *source = std::getenv("HOTLOOP_SOURCE_DIR");
  const std::string python = std::string(source) + "/.cache/env/bin/python";
  if (!std::filesystem::exists(python)) GTEST_SKIP() << "tools/setup was not run";
  TestFolder folder;
  std::string files;
  for (const std::size_t sites : {0, 1, 40}) {
    const GateReport one = report(sites);
    const std::string name = "r" + std::to_string(sites);
    writeFile(name + ".xml", gateJunit(one));
    writeFile(name + ".sarif", gateSarif(one));
    writeFile(name + ".json", gateJson(one));
    writeFile(name + ".gitlab.json", gateGitlab(one));
    writeFile(name + ".html", gateHtml(one));
    writeFile(name + ".md", gateMarkdown(one, 0));
    writeFile(name + ".csv", gateCsv(one));
    writeFile(name + ".txt", gateGithub(one));
    for (const char *ending :
         {".xml", ".sarif", ".json", ".gitlab.json", ".html", ".md", ".csv", ".txt"})
      files += " " + name + ending;
  }
  EXPECT_EQ(std::system((python + " " + source + "/tests/schemas/validate.py" + files).c_str()), 0);
}

TEST(Reports, AnnotationsStayBelowTheLimitOfGitHub) {
  const std::string text = gateGithub(report(100));
  std::size_t errors = 0, warnings = 0;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = text.find('\n', begin);
    const std::string line = text.substr(begin, end - begin);
    EXPECT_TRUE(line.starts_with("::error") || line.starts_with("::warning")) << line;
    errors += line.starts_with("::error") ? 1 : 0;
    warnings += line.starts_with("::warning") ? 1 : 0;
    begin = end + 1;
  }
  EXPECT_EQ(errors, 10u);
  EXPECT_EQ(warnings, 10u);
  EXPECT_THAT(text, HasSubstr("more; see the step summary"));
  EXPECT_THAT(text, HasSubstr("file=a%25b%2Cc%3Ad/train0.py,line=12,title=HG001 New host sync::"));
}

TEST(Reports, CommentsAndSummariesStayBelowTheirLimits) {
  GateReport big = report(5);
  for (GateRow &row : big.rows) row.message = std::string(90'000, 'x');
  EXPECT_LT(gateMarkdown(big, 0).size(), 65'536u);
  EXPECT_LT(gateStepSummary(report(5000)).size(), 1024u * 1024u);
  EXPECT_TRUE(gateMarkdown(report(3), 0).starts_with("<!-- hotloop-gate -->\n"));
}

TEST(Reports, FingerprintsSurviveMovedLines) {
  GateRow row = report(1).rows[1];
  const std::string before = gateFingerprint(row);
  row.site.line = 99;
  row.now = 7;
  EXPECT_EQ(gateFingerprint(row), before);
  row.site.function = "g";
  EXPECT_NE(gateFingerprint(row), before);
}

TEST(Reports, GitlabAndHtmlAreWellFormed) {
  const auto issues = nlohmann::json::parse(gateGitlab(report(4)));
  ASSERT_TRUE(issues.is_array());
  for (const auto &issue : issues) {
    EXPECT_TRUE(issue["location"]["lines"]["begin"].is_number());
    EXPECT_FALSE(issue["fingerprint"].get<std::string>().empty());
  }
  const std::string page = gateHtml(report(4));
  EXPECT_THAT(page, HasSubstr("<svg"));
  EXPECT_THAT(page, HasSubstr("✖ fail"));
  EXPECT_THAT(page, testing::Not(HasSubstr("http")));
  EXPECT_THAT(page, testing::Not(HasSubstr("<script")));
  EXPECT_THAT(page, testing::Not(HasSubstr("f<T>")));
}

} // namespace
} // namespace hotloop::cli
