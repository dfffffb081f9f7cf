#include <QFile>
#include <QLabel>
#include <QTableView>
#include <QTest>
#include <QTextBrowser>
#include <gtest/gtest.h>
#include <memory>
#include <set>

#include "gui/app/render.h"
#include "gui/data/summary.h"
#include "gui/pages/page_list.h"
#include "tests/gui/made_document.h"

namespace hotloop::gui {
namespace {

PageContext contextOf(RunDocumentPtr document) {
  PageContext context;
  context.document = std::move(document);
  context.all = {context.document};
  return context;
}

std::unique_ptr<QWidget> findingsPage(RunDocumentPtr document) {
  return std::unique_ptr<QWidget>(findPage("findings")->make(contextOf(std::move(document))));
}

// All texts of labels below `widget`.
QString labelTexts(const QWidget &widget) {
  QString texts;
  for (const QLabel *label : widget.findChildren<QLabel *>()) texts += label->text() + "\n";
  return texts;
}

std::size_t colorsIn(const QImage &image) {
  std::set<QRgb> colors;
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) colors.insert(image.pixel(x, y));
  }
  return colors.size();
}

TEST(PageList, IdsAreUnique) {
  std::set<std::string_view> ids;
  for (const PageInfo &page : pageList()) EXPECT_TRUE(ids.insert(page.id).second) << page.id;
  EXPECT_EQ(findPage("no such page"), nullptr);
}

TEST(Summary, HasTheCountersOfTheRunOnly) {
  const auto tiles = summaryTiles(*test::madeDocument());
  std::set<std::string> labels;
  for (const SummaryTile &tile : tiles) labels.insert(tile.label);
  EXPECT_EQ(labels, (std::set<std::string>{"step time", "operators", "would-be launches",
                                           "would-be host syncs", "allocations"}));
  EXPECT_EQ(tiles.front().value, "12.00 ms");
  EXPECT_TRUE(summaryTiles(*test::emptyDocument(false)).empty());
}

TEST(Plan, IsOnTheSummaryAndOnFindings) {
  for (const char *id : {"summary", "findings"}) {
    const std::unique_ptr<QWidget> page(findPage(id)->make(contextOf(test::madeDocument())));
    const auto *plan = page->findChild<QWidget *>("plan");
    ASSERT_NE(plan, nullptr) << id;
    const QString texts = labelTexts(*plan);
    for (const char *text :
         {"12.00 ms → 8.00 ms", "8.00 ms → 6.00 ms", "HL301, HL302", "--graph on",
          "train.py:42: Keep the loss on the device.", "together 6.00 ms of 12.00 ms (50.0 %)",
          "nothing more on top of these: HL505", "hotloop-moe run --graph on",
          "that is --preset graph but for --amp"}) {
      EXPECT_TRUE(texts.contains(QString::fromUtf8(text))) << id << " lacks " << text << " in\n"
                                                           << texts.toStdString();
    }
    EXPECT_FALSE(texts.contains("HL105")) << "it has no number";
    auto *command = plan->findChild<QLabel *>("plan-command");
    ASSERT_NE(command, nullptr);
    EXPECT_TRUE(command->textInteractionFlags() & Qt::TextSelectableByKeyboard);
    const auto *made = dynamic_cast<Page *>(page.get());
    ASSERT_NE(made, nullptr);
    EXPECT_TRUE(made->text().contains("2\t8.00 ms → 6.00 ms\tHL101 item\t")) << id;
    EXPECT_TRUE(made->text().contains("hotloop-moe run --graph on")) << id;
  }
}

TEST(Plan, ThatSaysNoMoreThanTheFindingsIsNotShown) {
  const auto document = test::madeDocument();
  document->analysis.plan->command.clear();
  document->analysis.plan->changes.resize(1);
  for (const char *id : {"summary", "findings"}) {
    const std::unique_ptr<QWidget> page(findPage(id)->make(contextOf(document)));
    EXPECT_EQ(page->findChild<QWidget *>("plan"), nullptr) << id;
  }
  document->analysis.plan.reset();
  EXPECT_EQ(findingsPage(document)->findChild<QWidget *>("plan"), nullptr);
  // Gains are not known, but the command is.
  document->analysis.plan.emplace();
  document->analysis.plan->command = "hotloop-moe run --dispatch stacked";
  const auto page = findingsPage(document);
  const auto *plan = page->findChild<QWidget *>("plan");
  ASSERT_NE(plan, nullptr);
  EXPECT_TRUE(labelTexts(*plan).startsWith("hotloop-moe run --dispatch stacked"));
  EXPECT_TRUE(labelTexts(*page).contains("What to do, as a command; what it gains is not known"));
}

// What a run on a GPU gets by itself.
TEST(Plan, OfARecordedRunComesWithItsAnalysis) {
  const auto document = openRun(test::madeRunFile(true));
  ASSERT_TRUE(document.has_value());
  ASSERT_TRUE((*document)->analysis.plan.has_value());
  EXPECT_FALSE((*document)->analysis.plan->changes.empty());
}

TEST(FindingsPage, SaysWhatIsWrongWithTheDataWorstFirst) {
  const auto page = findingsPage(test::madeDocument());
  const QWidget *quality = page->findChild<QWidget *>("quality");
  ASSERT_NE(quality, nullptr);
  const QString texts = labelTexts(*quality);
  EXPECT_LT(texts.indexOf("data loss"), texts.indexOf("notice"));
  EXPECT_TRUE(texts.contains("the program was killed"));
  EXPECT_TRUE(labelTexts(*page).contains("run.hotloop (truncated)"));
  EXPECT_TRUE(labelTexts(*page).contains("not checked: HL605 (needs a router)"));
  EXPECT_EQ(findingsPage(test::emptyDocument(true))->findChild<QWidget *>("quality"), nullptr);
}

TEST(FindingsPage, DetailsFollowTheKeys) {
  const auto page = findingsPage(test::madeDocument());
  page->show();
  auto *table = page->findChild<QTableView *>("findings");
  auto *details = page->findChild<QTextBrowser *>("details");
  ASSERT_NE(table, nullptr);
  ASSERT_NE(details, nullptr);
  EXPECT_TRUE(details->toPlainText().contains("HL101 item"));
  table->setFocus();
  QTest::keyClick(table, Qt::Key_Down);
  EXPECT_TRUE(details->toPlainText().contains("HL104 item"));
  QTest::keyClick(table, Qt::Key_End, Qt::ControlModifier);
  EXPECT_TRUE(details->toPlainText().contains("not worth it"));
}

TEST(FindingsPage, NothingFoundIsSaid) {
  EXPECT_TRUE(labelTexts(*findingsPage(test::emptyDocument(true)))
                  .contains("Nothing found that holds the loop back."));
  const QString none = labelTexts(*findingsPage(test::emptyDocument(false)));
  EXPECT_TRUE(none.contains("all of them are warm-up"));
  EXPECT_TRUE(none.contains("No findings"));
}

TEST(FindingsPage, EnterAsksForThePlace) {
  std::vector<std::pair<int, int>> asked;
  Navigator navigator;
  navigator.showFinding = [&](int finding, int place) { asked.emplace_back(finding, place); };
  PageContext context = contextOf(test::madeDocument());
  context.navigator = &navigator;
  const std::unique_ptr<QWidget> page(findPage("findings")->make(context));
  page->show();
  auto *table = page->findChild<QTableView *>("findings");
  ASSERT_NE(table, nullptr);
  QTest::keyClick(table, Qt::Key_Down);
  QTest::keyClick(table, Qt::Key_Return);
  EXPECT_EQ(asked, (std::vector<std::pair<int, int>>{{2, 0}}));
}

TEST(Render, EveryPageOfEveryDocumentIsTheSameTwiceAndNeverBlank) {
  const RunDocumentPtr other = test::madeDocument();
  for (const PageInfo &page : pageList()) {
    for (const auto &document :
         {test::madeDocument(), test::emptyDocument(true), test::emptyDocument(false)}) {
      PageContext context = contextOf(document);
      context.all.push_back(other);
      const QImage first = renderPage(page, context, {900, 500, 1});
      EXPECT_EQ(first.size(), QSize(900, 500));
      EXPECT_GT(colorsIn(first), 4u) << page.id;
      EXPECT_EQ(first, renderPage(page, context, {900, 500, 1})) << page.id;
    }
  }
}

TEST(Render, SmallestSizeAndTwiceTheScaleStillDraw) {
  for (const PageInfo &page : pageList()) {
    const PageContext context = contextOf(test::madeDocument());
    EXPECT_GT(colorsIn(renderPage(page, context, {200, 200, 1})), 2u) << page.id;
    EXPECT_EQ(renderPage(page, context, {300, 200, 2}).size(), QSize(600, 400)) << page.id;
  }
}

TEST(Render, SvgHoldsTextsAndIsTheSameTwice) {
  const PageContext context = contextOf(test::madeDocument());
  const std::string first = test::scratchPath("first.svg");
  const std::string second = test::scratchPath("second.svg");
  for (const std::string &path : {first, second})
    ASSERT_TRUE(writeSvg(*findPage("timeline"), context, {900, 500, 1}, path));
  const auto read = [](const std::string &path) {
    QFile file(QString::fromStdString(path));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  };
  EXPECT_TRUE(read(first).contains("operators"));
  // Arrows of scroll bars are pictures; the timeline is not.
  EXPECT_LT(read(first).count("<image"), 12);
  EXPECT_TRUE(read(first).contains("stream 7"));
  EXPECT_EQ(read(first), read(second));
}

} // namespace
} // namespace hotloop::gui
