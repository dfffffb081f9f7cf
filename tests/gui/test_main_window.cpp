#include "gui/app/main_window.h"

#include <QAction>
#include <QApplication>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QSet>
#include <QTableView>
#include <QTest>
#include <gtest/gtest.h>

#include "gui/app/action_list.h"
#include "gui/app/help_dialog.h"
#include "gui/app/palette_dialog.h"
#include "gui/app/process_dialog.h"
#include "gui/app/session_file.h"
#include "gui/pages/timeline/timeline_page.h"
#include "gui/pages/timeline/timeline_view.h"
#include "gui/view/theme.h"
#include "tests/gui/made_document.h"

namespace hotloop::gui {
namespace {

QString text(const MainWindow &window, const char *name) {
  if (window.centralWidget() == nullptr) return {};
  const auto *label = window.centralWidget()->findChild<QLabel *>(QString::fromUtf8(name));
  return label == nullptr ? QString() : label->text();
}

TEST(MainWindow, SaysThatNothingIsOpen) {
  const MainWindow window;
  EXPECT_EQ(text(window, "heading"), "No run is open.");
}

TEST(MainWindow, ShowsARunAfterReadingIt) {
  MainWindow window("findings");
  window.show();
  window.openPath(test::madeRunFile());
  EXPECT_TRUE(text(window, "heading").startsWith("Reading "));
  EXPECT_TRUE(QTest::qWaitFor([&] { return window.findChild<QTableView *>("findings") != nullptr; },
                              60'000));
}

TEST(MainWindow, ShowsTheLoadersSentence) {
  MainWindow window;
  window.openPath("/nowhere/run.hotloop");
  EXPECT_TRUE(QTest::qWaitFor(
      [&] { return text(window, "heading") == "This run cannot be shown."; }, 60'000));
  EXPECT_TRUE(text(window, "sentence").contains("/nowhere/run.hotloop"));
}

TEST(MainWindow, TheLastFileAskedForWins) {
  MainWindow window;
  window.openPath(test::madeRunFile());
  window.openPath("/nowhere/run.hotloop");
  EXPECT_TRUE(QTest::qWaitFor(
      [&] { return text(window, "heading") == "This run cannot be shown."; }, 60'000));
  EXPECT_EQ(window.findChild<QTableView *>("findings"), nullptr);
}

TEST(MainWindow, MayBeClosedWhileItReads) {
  auto window = std::make_unique<MainWindow>();
  window->openPath(test::madeRunFile());
  window.reset();
  QCoreApplication::processEvents();
}

// Waits until the analysis of the last file is shown.
bool analysed(MainWindow &window) {
  return QTest::qWaitFor(
      [&] { return window.document() != nullptr && window.document()->analysed; }, 60'000);
}

TEST(MainWindow, EveryActionHasItsOwnKeyAndAHelpLine) {
  const MainWindow window;
  QSet<QString> keys;
  for (const ActionInfo &info : actionList()) {
    const auto *action = window.findChild<QAction *>(QString::fromUtf8(info.id));
    ASSERT_NE(action, nullptr) << info.id;
    EXPECT_FALSE(action->shortcuts().isEmpty()) << info.id;
    for (const QKeySequence &key : action->shortcuts()) {
      EXPECT_FALSE(key.isEmpty()) << info.id;
      EXPECT_FALSE(keys.contains(key.toString())) << info.id;
      keys.insert(key.toString());
    }
    EXPECT_GT(std::string_view(info.help).size(), 8u) << info.id;
    EXPECT_TRUE(helpText().contains(QString::fromUtf8(info.help).toHtmlEscaped())) << info.id;
  }
}

TEST(MainWindow, EveryActionCanBeTriggeredOnEveryPage) {
  MainWindow window;
  window.resize(1200, 800);
  window.show();
  window.openPath(test::madeRunFile(true));
  ASSERT_TRUE(analysed(window));
  for (const PageInfo &page : pageList()) {
    if (!page.inWindow) continue;
    window.showPage(page.id);
    EXPECT_EQ(window.currentPage(), page.id);
    for (const ActionInfo &info : actionList()) {
      // Those open dialogs that wait for the user.
      const std::string_view id = info.id;
      if (id == "open" || id == "save-picture" || id == "palette" || id == "help" || id == "quit" ||
          id == "record" || id == "close-run" || id == "reload" || id == "reset-layout") {
        continue;
      }
      EXPECT_TRUE(window.trigger(id)) << id << " on " << page.id;
      if (id == "theme" || id == "next-page" || id == "previous-page") window.showPage(page.id);
    }
    const Page *now = window.page(page.id);
    ASSERT_NE(now, nullptr) << page.id;
    EXPECT_EQ(now->csv().isEmpty(), now->text().isEmpty()) << page.id;
  }
  EXPECT_FALSE(window.trigger("no such action"));
  theme::setMode(theme::Mode::kLight);
  QApplication::setPalette(theme::palette());
}

TEST(MainWindow, AFindingLeadsToItsPlace) {
  MainWindow window;
  window.resize(1200, 800);
  window.show();
  window.openPath(test::madeRunFile());
  ASSERT_TRUE(analysed(window));
  window.showPage("findings");
  auto *table = window.findChild<QTableView *>("findings");
  ASSERT_NE(table, nullptr);
  QTest::keyClick(table, Qt::Key_Return);
  EXPECT_EQ(window.currentPage(), "timeline");
  auto *page = dynamic_cast<TimelinePage *>(window.page("timeline"));
  ASSERT_NE(page, nullptr);
  const TimelineView &view = page->view();
  const std::uint32_t slice = view.state().selected;
  ASSERT_NE(slice, kNoSlice);
  EXPECT_GE(view.trace().start[slice], view.state().axis.t0());
  EXPECT_LE(view.trace().end(slice), view.state().axis.t1());
  EXPECT_EQ(view.trace().start[slice] + view.trace().origin,
            window.document()->models.places[0][0].start);
  // N goes to the next occurrence, P back.
  window.trigger("next-occurrence");
  EXPECT_NE(view.state().selected, slice);
  window.trigger("previous-occurrence");
  EXPECT_EQ(view.state().selected, slice);
}

TEST(MainWindow, WhereOneWasIsKeptBesideTheRun) {
  const std::string path = test::madeRunFile();
  std::int64_t t0 = 0;
  QFile::remove(QString::fromStdString(path + ".hlview"));
  {
    MainWindow window;
    window.resize(1200, 800);
    window.show();
    window.openPath(path);
    ASSERT_TRUE(analysed(window));
    window.showPage("timeline");
    for (int i = 0; i < 4; ++i) window.trigger("zoom-in");
    window.trigger("bookmark");
    t0 = dynamic_cast<TimelinePage *>(window.page("timeline"))->view().state().axis.t0();
    window.close();
  }
  MainWindow window;
  window.resize(1200, 800);
  window.show();
  window.openPath(path);
  ASSERT_TRUE(analysed(window));
  auto *page = dynamic_cast<TimelinePage *>(window.page("timeline"));
  ASSERT_NE(page, nullptr);
  EXPECT_EQ(page->view().state().axis.t0(), t0);
  EXPECT_EQ(page->view().state().bookmarks.size(), 1u);
  EXPECT_EQ(window.currentPage(), "timeline");
  QFile::remove(QString::fromStdString(path + ".hlview"));
}

TEST(MainWindow, SeveralRunsAreComparedWithTheShownOne) {
  MainWindow window("compare");
  window.resize(1200, 800);
  window.show();
  window.openPath(test::madeRunFile(true));
  ASSERT_TRUE(analysed(window));
  window.openPath(test::madeRunFile());
  ASSERT_TRUE(analysed(window));
  EXPECT_EQ(window.runs(), 2u);
  EXPECT_TRUE(QTest::qWaitFor([&] { return window.findChild<QTableView *>("changes") != nullptr; },
                              60'000));
  window.trigger("next-run");
  EXPECT_TRUE(window.document()->path.find("device") != std::string::npos);
}

TEST(MainWindow, ATraceThatIsDeletedMeanwhileStaysOpen) {
  const std::string path = test::scratchPath("gone.hotloop");
  QFile::copy(QString::fromStdString(test::madeRunFile()), QString::fromStdString(path));
  MainWindow window("timeline");
  window.show();
  window.openPath(path);
  ASSERT_TRUE(analysed(window));
  QFile::remove(QString::fromStdString(path));
  window.trigger("zoom-in");
  for (const PageInfo &page : pageList()) {
    if (page.inWindow) window.showPage(page.id);
    QCoreApplication::processEvents();
  }
  EXPECT_NE(window.page("timeline"), nullptr);
}

TEST(Palette, LettersInTheirOrderFindActions) {
  EXPECT_GT(fuzzyScore("Zoom in", "zi"), 0);
  EXPECT_GT(fuzzyScore("Zoom in", "zoom"), fuzzyScore("Frame zoom selection", "zmsn"));
  EXPECT_EQ(fuzzyScore("Zoom in", "xq"), -1);
  QAction first("&Zoom in");
  QAction second("&Quit");
  PaletteDialog dialog({&first, &second}, nullptr);
  auto *query = dialog.findChild<QLineEdit *>();
  QTest::keyClicks(query, "qui");
  QTest::keyClick(query, Qt::Key_Return);
  EXPECT_EQ(dialog.chosen(), &second);
}

TEST(Session, DamagedSidecarsAreIgnored) {
  const std::string path = test::scratchPath("run");
  EXPECT_FALSE(readSession(path).has_value());
  for (const char *text : {"", "{", "[]", "{\"version\": 99}", "\xff\xfe"}) {
    QFile file(QString::fromStdString(path + ".hlview"));
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.write(text);
    file.close();
    EXPECT_FALSE(readSession(path).has_value()) << text;
  }
}

TEST(Import, ProgressLinesAreRead) {
  EXPECT_DOUBLE_EQ(progressOf("{\"event\": \"progress\", \"fraction\": 0.25}"), 0.25);
  EXPECT_DOUBLE_EQ(progressOf("{\"fraction\": 7}"), 1);
  EXPECT_DOUBLE_EQ(progressOf("{\"event\": \"done\"}"), -1);
  EXPECT_DOUBLE_EQ(progressOf("hotloop: error"), -1);
  EXPECT_TRUE(isForeign("a/trace.json.gz"));
  EXPECT_FALSE(isForeign("run.hotloop"));
}

} // namespace
} // namespace hotloop::gui
