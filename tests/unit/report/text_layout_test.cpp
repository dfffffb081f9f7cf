#include "core/report/text_layout.h"

#include <random>

#include <gtest/gtest.h>

namespace hotloop {
namespace {

TEST(TextLayout, CountsCodePoints) {
  EXPECT_EQ(displayWidth(""), 0u);
  EXPECT_EQ(displayWidth("abc"), 3u);
  EXPECT_EQ(displayWidth("größe"), 5u);
  EXPECT_EQ(displayWidth("a→b"), 3u);
  EXPECT_EQ(displayWidth("\xff\xfe"), 2u);
}

TEST(TextLayout, PrintableKeepsTextAndDisarmsControls) {
  EXPECT_EQ(printable("größe → 1"), "größe → 1");
  EXPECT_EQ(printable("a\x1b[31mb"), "a?[31mb");
  EXPECT_EQ(printable("a\nb\tc"), "a b c");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "?31m"); // CSI as a C1 control
  EXPECT_EQ(printable("a\xff"
                      "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(printable("\xed\xa0\x80").find('\xed'),
            std::string::npos); // a surrogate is not a character
}

TEST(TextLayout, CutsToWidth) {
  EXPECT_EQ(cutToWidth("abc", 3), "abc");
  EXPECT_EQ(cutToWidth("abcd", 3), "ab…");
  EXPECT_EQ(cutToWidth("größe", 4), "grö…");
  EXPECT_EQ(cutToWidth("abc", 0), "");
}

TEST(TextLayout, ShortensLeadingFoldersFirst) {
  EXPECT_EQ(shortenPath("train.py:12 loss", 20), "train.py:12 loss");
  EXPECT_EQ(shortenPath("/home/a/b/train.py:12 loss", 20), "…/b/train.py:12 loss");
  EXPECT_EQ(shortenPath("/home/a/b/train.py:12 loss", 18), "…/train.py:12 loss");
  EXPECT_EQ(shortenPath("/home/a/b/train.py:12 loss", 10), "train.py:…");
  EXPECT_EQ(shortenPath("f.py:1 a / b / c / d", 12), "f.py:1 a / …");
}

TEST(TextLayout, WrapsAtBlanks) {
  EXPECT_EQ(wrapText("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrapText("", 7), (std::vector<std::string>{""}));
  EXPECT_EQ(wrapText("unbreakable x", 4), (std::vector<std::string>{"unbreakable", "x"}));
}

TEST(TextLayout, AnyBytesStayWithinTheWidthAndPrintable) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::size_t i = random() % 40; i > 0; --i) text += static_cast<char>(random() % 256);
    const std::string safe = printable(text);
    EXPECT_EQ(displayWidth(safe), displayWidth(text));
    EXPECT_EQ(printable(safe), safe);
    for (const std::size_t width : {0u, 1u, 5u, 17u}) {
      EXPECT_LE(displayWidth(cutToWidth(safe, width)), width);
      EXPECT_LE(displayWidth(shortenPath(safe, width)), width);
    }
  }
}

} // namespace
} // namespace hotloop
