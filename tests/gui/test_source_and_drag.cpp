#include <QAction>
#include <QTableView>
#include <QTest>
#include <gtest/gtest.h>

#include "gui/pages/names/names_page.h"
#include "gui/view/syntax.h"
#include "gui/view/theme.h"
#include "gui/widgets/histogram_view.h"
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

TEST(Names, ADragOverDurationsSelectsThem) {
  QString said;
  std::uint32_t shown = kNoSlice;
  Navigator navigator;
  navigator.say = [&](const QString &sentence) { said = sentence; };
  navigator.showSlice = [&](std::uint32_t slice) { shown = slice; };
  PageContext context;
  context.document = test::madeDocument();
  context.navigator = &navigator;
  context.select = "aten::linear";
  const std::unique_ptr<QWidget> page(makeOperatorsPage(context));
  page->resize(1000, 700);
  page->show();
  QCoreApplication::processEvents();
  auto *histogram = page->findChild<QWidget *>("histogram");
  ASSERT_NE(histogram, nullptr);
  const int y = histogram->height() / 2;
  // All 40 take as long as each other: a drag over everything holds them, one at the edge none.
  const auto drag = [&](int from, int to) {
    QTest::mousePress(histogram, Qt::LeftButton, {}, QPoint(from, y));
    QTest::mouseMove(histogram, QPoint((from + to) / 2, y));
    QTest::mouseMove(histogram, QPoint(to, y));
    QTest::mouseRelease(histogram, Qt::LeftButton, {}, QPoint(to, y));
  };
  drag(66, histogram->width() - 16);
  EXPECT_TRUE(said.startsWith("40 of them take ")) << said.toStdString();
  auto *made = dynamic_cast<Page *>(page.get());
  ASSERT_NE(made, nullptr);
  EXPECT_TRUE(made->act("activate"));
  ASSERT_NE(shown, kNoSlice);
  EXPECT_EQ(context.document->trace->nameOf(shown).text, "aten::linear");
  shown = kNoSlice;
  drag(66, 66 + histogram->width() / 4);
  EXPECT_TRUE(said.startsWith("0 of them take ")) << said.toStdString();
  EXPECT_TRUE(made->act("activate"));
  EXPECT_EQ(shown, kNoSlice); // nothing to go to
}

} // namespace
} // namespace hotloop::gui
