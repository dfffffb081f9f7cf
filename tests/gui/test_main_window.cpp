#include "gui/app/main_window.h"

#include <QAction>
#include <QLabel>
#include <QMenu>
#include <QSet>
#include <QTableView>
#include <QTest>
#include <gtest/gtest.h>

#include "tests/gui/made_document.h"

namespace hotloop::gui {
namespace {

QString text(const MainWindow &window, const char *name) {
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
  EXPECT_EQ(window.centralWidget()->findChild<QTableView *>("findings"), nullptr);
}

TEST(MainWindow, MayBeClosedWhileItReads) {
  auto window = std::make_unique<MainWindow>();
  window->openPath(test::madeRunFile());
  window.reset();
  QCoreApplication::processEvents();
}

TEST(MainWindow, EveryActionHasItsOwnKey) {
  const MainWindow window;
  QSet<QString> keys;
  for (const QAction *action : window.findChildren<QAction *>()) {
    if (action->menu() != nullptr || action->text().isEmpty()) continue;
    EXPECT_FALSE(action->shortcut().isEmpty()) << action->text().toStdString();
    EXPECT_FALSE(keys.contains(action->shortcut().toString())) << action->text().toStdString();
    keys.insert(action->shortcut().toString());
  }
  EXPECT_GE(keys.size(), 4);
}

} // namespace
} // namespace hotloop::gui
