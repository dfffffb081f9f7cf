#include "gui/pages/findings/findings_model.h"

#include <QAbstractItemModelTester>
#include <gtest/gtest.h>

#include "tests/gui/made_document.h"

namespace hotloop::gui {
namespace {

QString cell(const FindingsModel &model, int row, int column) {
  return model.index(row, column).data().toString();
}

TEST(FindingsModel, KeepsTheRulesOfItemModels) {
  for (const auto &document : {test::madeDocument(), test::emptyDocument(true)}) {
    FindingsModel model(document);
    // Ends the program with a message when a rule is broken.
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::Fatal);
    EXPECT_EQ(model.rowCount(), static_cast<int>(document->analysis.findings.size() +
                                                 document->analysis.unresolved.size() +
                                                 document->analysis.notWorth.size()));
  }
}

TEST(FindingsModel, ShowsWorthyFindingsFirstAndRanked) {
  const FindingsModel model(test::madeDocument());
  ASSERT_EQ(model.rowCount(), 3);
  EXPECT_EQ(cell(model, 0, FindingsModel::kRank), "1");
  EXPECT_EQ(cell(model, 0, FindingsModel::kRule), "HL101 item");
  EXPECT_EQ(cell(model, 0, FindingsModel::kSite), "project/train.py:42");
  EXPECT_EQ(cell(model, 0, FindingsModel::kPerStep), "3");
  EXPECT_EQ(cell(model, 0, FindingsModel::kFelt), "measured");
  EXPECT_EQ(cell(model, 0, FindingsModel::kHostTime), "123 us");
  EXPECT_EQ(cell(model, 1, FindingsModel::kFelt), "would");
  EXPECT_EQ(cell(model, 1, FindingsModel::kPerStep), "2.5");
  EXPECT_TRUE(model.worthIt(1));
  EXPECT_EQ(cell(model, 2, FindingsModel::kRank), QStringLiteral("–"));
  EXPECT_FALSE(model.worthIt(2));
}

TEST(FindingsModel, ShowsWhatTheRunCannotTellBeforeWhatIsNotWorthIt) {
  const auto document = test::madeDocument();
  Finding unknown = document->analysis.notWorth[0];
  unknown.rule = "HL102";
  unknown.mayNotPay = "The fix would give 0.1 ms, which is less than this run can resolve.";
  unknown.gain.estimate = Gain::Estimate{0.1, -0.2, 0.4, "low"};
  unknown.gain.estimate->bound = "lower";
  document->analysis.unresolved = {unknown};
  document->analysis.notWorth[0].gain = {};
  document->analysis.notWorth[0].gain.mostMs = 0.25;
  const FindingsModel model(document);
  ASSERT_EQ(model.rowCount(), 4);
  EXPECT_EQ(cell(model, 2, FindingsModel::kRank), "?");
  EXPECT_EQ(cell(model, 2, FindingsModel::kGain), "0.1 ms (-0.2 to 0.4) or more");
  EXPECT_TRUE(model.unresolved(2));
  EXPECT_FALSE(model.worthIt(2));
  EXPECT_TRUE(model.details(2).contains("less than this run can tell"));
  EXPECT_TRUE(model.details(2).contains("can resolve"));
  EXPECT_EQ(cell(model, 3, FindingsModel::kRank), QStringLiteral("–"));
  EXPECT_EQ(cell(model, 3, FindingsModel::kGain), "at most 0.25 ms");
  EXPECT_FALSE(model.unresolved(3));
}

TEST(FindingsModel, RecordedTextsCannotBecomeMarkup) {
  const FindingsModel model(test::madeDocument());
  EXPECT_TRUE(cell(model, 0, FindingsModel::kTitle).contains("<b>stalls</b>"));
  EXPECT_TRUE(cell(model, 0, FindingsModel::kFix).endsWith(QChar(0xfffd)));
  const QString details = model.details(0);
  EXPECT_FALSE(details.contains("<b>stalls</b>"));
  EXPECT_TRUE(details.contains("&lt;b&gt;stalls&lt;/b&gt;"));
  EXPECT_FALSE(details.contains(QChar(0x1b)));
  EXPECT_TRUE(details.contains("x = loss.item()<br>x = loss.detach()"));
  EXPECT_TRUE(details.contains("aten::item at step 12"));
  EXPECT_TRUE(details.contains("no GPU records"));
}

TEST(FindingsModel, PlacesWithoutFileHaveText) {
  const auto document = test::madeDocument();
  document->analysis.findings[0].site = {};
  document->analysis.findings[1].site = {"", 0, "step()", ""};
  document->analysis.notWorth[0].site = {"a.py", 0, "", ""};
  const FindingsModel model(document);
  EXPECT_EQ(cell(model, 0, FindingsModel::kSite), "unknown site");
  EXPECT_EQ(cell(model, 1, FindingsModel::kSite), "step()");
  EXPECT_EQ(cell(model, 2, FindingsModel::kSite), "a.py");
}

} // namespace
} // namespace hotloop::gui
