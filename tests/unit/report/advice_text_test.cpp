#include "core/report/report_text.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/report/text_layout.h"
#include "tests/unit/report/sample_report.h"

namespace hotloop {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Site, Text) {
  EXPECT_EQ((Site{"train.py", 12, "loss", ""}).text(), "train.py:12 loss");
  EXPECT_EQ((Site{"train.py", 0, "", "x"}).text(), "train.py");
  EXPECT_EQ((Site{"", 0, "main", ""}).text(), "main");
  EXPECT_EQ(Site{}.text(), "unknown site");
}

TEST(AdviceText, WholeReport) {
  EXPECT_EQ(adviceText(sampleReport(), 10, Style(false), 200),
            R"(hotloop advise  runs/r.hotloop  python3 train.py
40 steps, 36 steady (marked by NVTX ranges), one every 12.40 ms
per step: 412 operators, 402 would-be launches, 3 would-be host syncs, 120 allocations (18.2 MB)
would-be: counted from the operators, as a GPU would see them; this run has no GPU records
data loss: 7 records were dropped.

 1  HL101 item  Scalar read back in every step
    /home/user/project/train.py:212 (train_step)  2 per step, would: only a GPU feels it, 0.031 ms of host time
    fix: Keep the value on the device.
 2  HL201  Tensor made anew in every step
    model.cpp  2 per step, saves 1.20 ms [0.9, 1.5], trust high
    fix: Keep the value on the device.

checked, not worth it: HL605 /home/user/project/train.py:212
cannot know: no optimizer range: HL304
more on one of them: hotloop advise runs/r.hotloop --explain 1
)");
}

TEST(AdviceText, NarrowTerminalKeepsThreeLinesAFinding) {
  for (const std::size_t width : {60u, 80u, 100u}) {
    const std::string text = adviceText(sampleReport(), 10, Style(false), width);
    const std::size_t begin = text.find(" 1  HL101"), end = text.find("\n\nchecked");
    ASSERT_NE(begin, std::string::npos);
    const std::string findings = text.substr(begin, end - begin);
    EXPECT_EQ(std::count(findings.begin(), findings.end(), '\n'), 5) << findings;
    std::size_t at = 0;
    while (at < findings.size()) {
      const std::size_t next = std::min(findings.find('\n', at), findings.size());
      EXPECT_LE(displayWidth(findings.substr(at, next - at)), width);
      at = next + 1;
    }
  }
}

TEST(AdviceText, SaysWhatIsKnownWhereNoGainIs) {
  AdviceReport report = sampleReport();
  Finding &finding = report.findings[1];
  finding.gain = {};
  finding.gain.whyNone = "A wait cannot be captured; remove it first.";
  finding.deviceTime = Nanoseconds(2'500'000);
  finding.device = DeviceEvidence{Nanoseconds(0), Nanoseconds(900'000)};
  EXPECT_THAT(
      adviceText(report, 10, Style(false), 300),
      HasSubstr("2 per step, 0.410 ms of host time, 2.50 ms of device time, the device idle "
                "for 0.900 ms, 2 MB; gain not known: A wait cannot be captured"));
  finding.gain.mostMs = 0.8;
  EXPECT_THAT(adviceText(report, 10, Style(false), 300), HasSubstr("; saves at most 0.800 ms"));
  EXPECT_THAT(explainText(finding, 2, Style(false), 100), HasSubstr("At most 0.800 ms"));
  finding.gain.estimate = Gain::Estimate{1.2, -0.1, 2.5, "low", 0.097, "lower"};
  EXPECT_THAT(adviceText(report, 10, Style(false), 300),
              HasSubstr("saves 1.20 ms (9.7 %) [-0.1, 2.5] or more, trust low"));
}

TEST(AdviceText, PlacesWithoutALineAreNamedByTheirRangesOrRecords) {
  AdviceReport report = sampleReport();
  report.findings[0].site = {"", 0, "", "forward/layer *"};
  report.findings[1].site = {};
  const std::string text = adviceText(report, 10, Style(false), 200);
  EXPECT_THAT(text, HasSubstr("    in forward/layer *  2 per step"));
  EXPECT_THAT(text, HasSubstr("    no line recorded; first aten::item  2 per step"));
}

TEST(AdviceText, WhatIsNotWorthItHasItsNumberAndStandsTogetherByRule) {
  AdviceReport report = sampleReport();
  report.notWorth[0].gain.estimate = Gain::Estimate{0.012, 0.01, 0.02, "high"};
  Finding twice = report.notWorth[0];
  twice.rule = "HL303";
  report.notWorth.push_back(twice);
  report.notWorth.push_back(twice);
  Finding unclear = twice;
  unclear.rule = "HL108";
  unclear.gain.estimate = Gain::Estimate{0.46, -0.25, 1.1, "low", 0.07, "lower", true};
  report.unresolved = {unclear};
  report.notChecked.push_back({"HL901", std::string(kSwitchedOff)});
  report.notChecked.push_back({"HL902", "The run has no optimizer range."});
  const std::string text = adviceText(report, 10, Style(false), 300);
  EXPECT_THAT(text, HasSubstr("not worth it: HL605 /home/user/project/train.py:212 saves 0.012 ms, "
                              "HL303 at 2 places\n"));
  EXPECT_THAT(text, HasSubstr("cannot know: less than this run resolves: HL108 0.460 ms "
                              "(7.0 %) [-0.25, 1.1] or more; no optimizer range: HL304"));
  EXPECT_THAT(text, Not(HasSubstr("HL901")));
}

ChangePlan samplePlan() {
  ChangePlan plan;
  plan.stepMs = 10;
  plan.changes = {{"dispatch",
                   {"HL104", "HL603"},
                   "Run all experts at once.",
                   {"moe.py", 52, "forward", ""},
                   "--dispatch grouped",
                   4.0,
                   6.0,
                   ""},
                  {"HL101 item",
                   {"HL101"},
                   "Keep the value on the device.",
                   {"train.py", 7, "", ""},
                   "",
                   1.0,
                   5.0,
                   ""},
                  {"HL505", {"HL505"}, "Batch them.", {}, "", {}, {}, "No profile."}};
  plan.covered = {"HL605"};
  plan.together = Gain::Estimate{5, 4, 6, "medium", 0.5};
  return plan;
}

TEST(AdviceText, ThePlanStandsBehindTheFindings) {
  AdviceReport report = sampleReport();
  report.plan = samplePlan();
  EXPECT_THAT(adviceText(report, 10, Style(false), 200), HasSubstr(R"(
what to do, in this order  each on top of those before it
 1  10.00 ms -> 6.00 ms        HL104, HL603  --dispatch grouped
 2  6.00 ms -> 5.00 ms         HL101 item  train.py:7: Keep the value on the device.
    together 5.00 ms of 10.00 ms (50.0 %) [4, 6], trust medium
    nothing more on top of these: HL605

checked, not worth it:)"));
  report.plan->command = "hotloop-moe run --dispatch grouped";
  report.plan->preset = "full";
  report.plan->presetDiffers = {"amp", "graph"};
  EXPECT_THAT(adviceText(report, 10, Style(false), 200),
              HasSubstr("    as a command: hotloop-moe run --dispatch grouped\n"
                        "    that is --preset full but for --amp, --graph\n"));
  report.plan->changes = {report.plan->changes[2]};
  EXPECT_THAT(adviceText(report, 10, Style(false), 200),
              HasSubstr("as a command, gains not known: hotloop-moe run"));
  report.plan->command.clear();
  EXPECT_EQ(planText(*report.plan, Style(false), 100), "") << "the finding says it all";
}

TEST(AdviceText, LimitAndEmpty) {
  AdviceReport report = sampleReport();
  EXPECT_THAT(adviceText(report, 1, Style(false), 200), HasSubstr("1 more: --limit 0 shows all"));
  EXPECT_THAT(adviceText(report, 0, Style(false), 200), HasSubstr(" 2  HL201"));
  report.findings.clear();
  EXPECT_THAT(adviceText(report, 0, Style(false), 200),
              HasSubstr("Nothing found that holds the loop back."));
  report.steps = {};
  report.steps.whyNone = "The run marks no steps.";
  const std::string text = adviceText(report, 0, Style(false), 200);
  EXPECT_THAT(text, HasSubstr("The run marks no steps."));
  EXPECT_THAT(text, HasSubstr("this run has none"));
}

TEST(AdviceText, ExplainShowsEvidenceAndCode) {
  const AdviceReport report = sampleReport();
  const std::string text = explainText(report.findings[0], 1, Style(false), 100);
  EXPECT_THAT(text, HasSubstr("inside the ranges train/loss"));
  EXPECT_THAT(text, HasSubstr("    # before\n    loss.item()\n    # after\n    total += loss\n"));
  EXPECT_THAT(text, HasSubstr("why it may not pay\n  Rarely read values cost nothing.\n"));
  EXPECT_THAT(text, HasSubstr("not known: This run has no device records."));
  EXPECT_THAT(text, HasSubstr("op     776  aten::item at step 2"));
  EXPECT_THAT(text, HasSubstr("hotloop rules show HL101"));
}

TEST(AdviceText, RecordedNamesCannotReachTheTerminal) {
  AdviceReport report = sampleReport();
  report.findings[0].title = "evil \x1b]0;title\x07";
  report.findings[0].site.function = "f\x1b[2J";
  report.findings[0].fix = "a\nb";
  report.run.command = "python \x1b[31m";
  const std::string text = adviceText(report, 10, Style(false), 200) +
                           explainText(report.findings[0], 1, Style(false), 100);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\x07")));
}

TEST(AdviceText, MarkdownAndCsv) {
  const std::string markdown = adviceMarkdown(sampleReport(), 10);
  EXPECT_THAT(markdown, HasSubstr("# hotloop advise `runs/r.hotloop`\n"));
  EXPECT_THAT(markdown, HasSubstr("| 1 | HL101 item | Scalar read back in every step |"));
  EXPECT_THAT(markdown, HasSubstr("> **data_loss**: 7 records were dropped."));
  EXPECT_THAT(markdown, HasSubstr("- HL304: no optimizer range"));
  const std::string csv = tableCsv(adviceTable(sampleReport()));
  EXPECT_THAT(
      csv,
      HasSubstr(
          "finding,1,HL101,item,Scalar read back in every step,/home/user/project/train.py,212,"));
  EXPECT_THAT(csv, HasSubstr("not_worth,1,HL605,"));
}

} // namespace
} // namespace hotloop
