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
    /home/user/project/train.py:212 (train_step)  2 per step, would: only a GPU feels it; 0.031 ms of host time
    fix: Keep the value on the device.
 2  HL201  Tensor made anew in every step
    model.cpp  2 per step, saves 1.20 ms [0.9, 1.5] of a step, trust high
    fix: Keep the value on the device.

checked, not worth it: HL605 /home/user/project/train.py:212
cannot know: HL304 (no optimizer range)
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
  EXPECT_THAT(text, HasSubstr("not estimated: This run has no device records."));
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
