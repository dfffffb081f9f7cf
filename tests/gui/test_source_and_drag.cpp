#include <QAction>
#include <QLabel>
#include <QTableView>
#include <QTest>
#include <QThreadPool>
#include <atomic>
#include <gtest/gtest.h>
#include <semaphore>

#include "gui/pages/names/names_page.h"
#include "gui/view/syntax.h"
#include "gui/view/theme.h"
#include "gui/widgets/histogram_view.h"
#include "gui/widgets/latest_job.h"
#include "tests/gui/made_document.h"

namespace hotloop::gui {
namespace {

// "k[for] [i ]k[in] n[3]": the spans of a line with the letter of their kind.
std::string cut(std::string_view line, SyntaxLanguage language, SyntaxState &state) {
  std::string out;
  std::size_t at = 0;
  for (const SyntaxSpan &span : syntaxSpans(line, language, state)) {
    EXPECT_EQ(span.begin, at); // no gaps
    at = span.end;
    constexpr const char *kLetters[] = {"", "k", "s", "c", "n"};
    out += std::string(kLetters[static_cast<int>(span.kind)]) + '[' +
           std::string(line.substr(span.begin, span.end - span.begin)) + ']';
  }
  EXPECT_EQ(at, line.size());
  return out;
}

TEST(Syntax, PythonAndCppAreCutIntoTheirParts) {
  SyntaxState state = SyntaxState::kCode;
  EXPECT_EQ(cut("for x in f(3): # go", SyntaxLanguage::kPython, state),
            "k[for][ x ]k[in][ f(]n[3][): ]c[# go]");
  EXPECT_EQ(cut(R"(s = "a # b\"" + 'c')", SyntaxLanguage::kPython, state),
            R"([s = ]s["a # b\""][ + ]s['c'])");
  EXPECT_EQ(cut("const int a = 0x1f; // x", SyntaxLanguage::kCpp, state),
            "k[const][ ]k[int][ a = ]n[0x1f][; ]c[// x]");
  EXPECT_EQ(state, SyntaxState::kCode);
}

TEST(Syntax, WhatIsOpenGoesOnInTheNextLine) {
  SyntaxState state = SyntaxState::kCode;
  EXPECT_EQ(cut("x = '''one", SyntaxLanguage::kPython, state), "[x = ]s['''one]");
  EXPECT_EQ(state, SyntaxState::kTripleSingle);
  EXPECT_EQ(cut("for", SyntaxLanguage::kPython, state), "s[for]");
  EXPECT_EQ(cut("two''' + y", SyntaxLanguage::kPython, state), "s[two'''][ + y]");
  EXPECT_EQ(cut("a /* b", SyntaxLanguage::kCpp, state), "[a ]c[/* b]");
  EXPECT_EQ(cut("c */ return", SyntaxLanguage::kCpp, state), "c[c */][ ]k[return]");
}

TEST(Syntax, UnendedAndEmptyLinesAreWhole) {
  SyntaxState state = SyntaxState::kCode;
  EXPECT_EQ(cut("", SyntaxLanguage::kCpp, state), "");
  EXPECT_EQ(cut("\"never ends\\", SyntaxLanguage::kCpp, state), "s[\"never ends\\]");
  EXPECT_EQ(cut("plain for", SyntaxLanguage::kNone, state), "[plain for]");
  EXPECT_EQ(syntaxOf("a/train.py"), SyntaxLanguage::kPython);
  EXPECT_EQ(syntaxOf("k.cuh"), SyntaxLanguage::kCpp);
  EXPECT_EQ(syntaxOf("notes.txt"), SyntaxLanguage::kNone);
}

TEST(Syntax, ItsColoursCanBeRead) {
  for (const theme::Mode mode : {theme::Mode::kLight, theme::Mode::kDark}) {
    theme::setMode(mode);
    for (int kind = 0; kind <= static_cast<int>(SyntaxKind::kNumber); ++kind) {
      EXPECT_GE(theme::contrast(theme::syntaxColor(static_cast<SyntaxKind>(kind)),
                                theme::palette().color(QPalette::Base)),
                4.5)
          << kind << " in mode " << static_cast<int>(mode);
    }
    // The line that is selected has no colours.
    EXPECT_GE(theme::contrast(theme::textColor(), theme::palette().color(QPalette::Highlight)),
              4.5);
  }
  theme::setMode(theme::Mode::kLight);
}

// A page of operators in a window; its results come from other threads.
struct OperatorsInAWindow {
  explicit OperatorsInAWindow(const std::string &select) {
    navigator.say = [this](const QString &sentence) { said = sentence; };
    navigator.showSlice = [this](std::uint32_t slice) { gone = slice; };
    context.document = test::madeDocument();
    context.navigator = &navigator;
    context.select = select;
    widget.reset(makeOperatorsPage(context));
    widget->resize(1000, 700);
    widget->show();
  }
  Page &page() { return dynamic_cast<Page &>(*widget); }
  HistogramView *histogram() { return widget->findChild<HistogramView *>("histogram"); }
  bool shows(const QString &title) {
    return QTest::qWaitFor(
        [&] {
          return histogram() != nullptr &&
                 histogram()->accessibleDescription().startsWith("Durations of " + title + ";");
        },
        60'000);
  }
  void drag(int from, int to) {
    const int y = histogram()->height() / 2;
    QTest::mousePress(histogram(), Qt::LeftButton, {}, QPoint(from, y));
    QTest::mouseMove(histogram(), QPoint((from + to) / 2, y));
    QTest::mouseMove(histogram(), QPoint(to, y));
    QTest::mouseRelease(histogram(), Qt::LeftButton, {}, QPoint(to, y));
  }

  QString said;
  std::uint32_t gone = kNoSlice;
  Navigator navigator;
  PageContext context;
  std::unique_ptr<QWidget> widget;
};

TEST(Names, ADragOverDurationsSelectsThem) {
  OperatorsInAWindow window("aten::linear");
  ASSERT_TRUE(window.shows("aten::linear"));
  // All 40 take as long as each other: a drag over everything holds them, one at the edge none.
  window.drag(66, window.histogram()->width() - 16);
  EXPECT_TRUE(QTest::qWaitFor([&] { return window.said.startsWith("40 of them take "); }, 60'000))
      << window.said.toStdString();
  EXPECT_TRUE(window.page().act("activate"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.gone != kNoSlice; }, 60'000));
  EXPECT_EQ(window.context.document->trace->nameOf(window.gone).text, "aten::linear");
  window.gone = kNoSlice;
  window.drag(66, 66 + window.histogram()->width() / 4);
  EXPECT_TRUE(QTest::qWaitFor([&] { return window.said.startsWith("0 of them take "); }, 60'000))
      << window.said.toStdString();
  EXPECT_TRUE(window.page().act("activate"));
  QThreadPool::globalInstance()->waitForDone();
  QCoreApplication::processEvents();
  EXPECT_EQ(window.gone, kNoSlice); // nothing to go to
}

TEST(Names, SaysThatItCountsAndKeepsWhatIsAskedForMeanwhile) {
  OperatorsInAWindow window("aten::linear");
  ASSERT_EQ(window.histogram(), nullptr); // nothing arrives but by the event loop
  const auto *waiting = window.widget->findChild<QLabel *>();
  ASSERT_NE(waiting, nullptr);
  EXPECT_TRUE(waiting->text().startsWith("adding up")) << waiting->text().toStdString();
  EXPECT_TRUE(window.page().act("select:aten::mm"));
  EXPECT_FALSE(window.page().act("select:no such operator"));
  EXPECT_FALSE(window.page().act("select:gemm")); // a kernel
  EXPECT_TRUE(window.shows("aten::mm"));
}

TEST(Names, OnlyTheLastRowsHistogramIsShown) {
  OperatorsInAWindow window({});
  ASSERT_TRUE(window.shows("aten::linear"));
  QStringList titles;
  for (const char *name : {"aten::mm", "aten::item", "aten::mm", "aten::item"})
    EXPECT_TRUE(window.page().act(std::string("select:") + name));
  EXPECT_TRUE(window.shows("aten::item"));
  QThreadPool::globalInstance()->waitForDone();
  QCoreApplication::processEvents();
  EXPECT_TRUE(window.histogram()->accessibleDescription().startsWith("Durations of aten::item;"));
}

TEST(Names, MayBeClosedWhileItCounts) {
  for (int i = 0; i < 20; ++i) {
    OperatorsInAWindow window({});
    if (i % 2 == 1) QCoreApplication::processEvents();
  }
  QThreadPool::globalInstance()->waitForDone();
  QCoreApplication::processEvents();
}

TEST(LatestJob, OnlyTheLastResultArrives) {
  QObject owner;
  LatestJob job(&owner, false);
  std::binary_semaphore began(0), first(0);
  std::vector<int> arrived;
  const auto done = [&](int result) { arrived.push_back(result); };
  std::atomic<bool> told{false};
  job.start(
      [&](std::stop_token token) {
        began.release();
        first.acquire();
        told = token.stop_requested();
        return 1;
      },
      done);
  EXPECT_TRUE(job.isBusy());
  began.acquire();
  job.start([](std::stop_token) { return 2; }, done);
  first.release();
  EXPECT_TRUE(QTest::qWaitFor([&] { return !job.isBusy(); }, 60'000));
  QThreadPool::globalInstance()->waitForDone();
  QCoreApplication::processEvents();
  EXPECT_EQ(arrived, std::vector<int>{2});
  EXPECT_TRUE(told); // the first could have given up
  job.start([](std::stop_token) { return 3; }, done);
  job.drop();
  QThreadPool::globalInstance()->waitForDone();
  QCoreApplication::processEvents();
  EXPECT_EQ(arrived, std::vector<int>{2});
}

TEST(LatestJob, SaysWhenItTakesLong) {
  QObject owner;
  LatestJob job(&owner, false);
  std::binary_semaphore enough(0);
  int slow = 0;
  job.slow = [&] { ++slow; };
  int arrived = 0;
  job.start(
      [&](std::stop_token) {
        enough.acquire();
        return 7;
      },
      [&](int result) { arrived = result; });
  EXPECT_TRUE(QTest::qWaitFor([&] { return slow == 1; }, 60'000));
  enough.release();
  EXPECT_TRUE(QTest::qWaitFor([&] { return arrived == 7; }, 60'000));
}

TEST(LatestJob, APictureDoesTheWorkAtOnce) {
  QObject owner;
  LatestJob job(&owner, true);
  int arrived = 0;
  job.start([](std::stop_token) { return 7; }, [&](int result) { arrived = result; });
  EXPECT_EQ(arrived, 7);
  EXPECT_FALSE(job.isBusy());
}

} // namespace
} // namespace hotloop::gui
