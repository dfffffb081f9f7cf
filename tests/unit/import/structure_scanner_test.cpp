#include "collectors/import/kineto/structure_scanner.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/random.h"

namespace hotloop::kineto {
namespace {

// The same by looking at one byte after the other.
struct Naive {
  std::size_t lastEnd = StructureScanner::kNone;
  std::size_t arrayEnd = StructureScanner::kNone;
  bool inside = false;

  explicit Naive(const std::string &text) {
    int depth = 0;
    bool string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c == '\\') { // in a string or not, as simdjson takes it
        if (i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
      } else if (c == '"') {
        string = !string;
      } else if (!string && (c == '{' || c == '[')) {
        ++depth;
      } else if (!string && (c == '}' || c == ']')) {
        if (depth == 0) {
          arrayEnd = i;
          break;
        }
        if (--depth == 0) lastEnd = i + 1;
      }
    }
    inside = depth > 0 || string;
  }
};

TEST(StructureScanner, AgreesWithANaiveOneOnAnyText) {
  constexpr std::string_view kLetters = "{}[]\"\\a, {}\"";
  test_support::Random random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    const std::size_t length = random.below(400);
    for (std::size_t i = 0; i < length; ++i) text += kLetters[random.below(kLetters.size())];
    if (random.below(2) == 0) text.insert(0, std::string(1 + random.below(90), '{'));
    const Naive naive(text);
    StructureScanner scanner;
    for (std::size_t end = 0; end < text.size();) { // the text grows piece by piece
      end = std::min(text.size(), end + 1 + random.below(150));
      scanner.scan(std::string_view(text).substr(0, end));
    }
    ASSERT_EQ(scanner.lastEnd(), naive.lastEnd) << text;
    ASSERT_EQ(scanner.arrayEnd(), naive.arrayEnd) << text;
    if (naive.arrayEnd == StructureScanner::kNone) {
      ASSERT_EQ(scanner.insideElement(), naive.inside) << text;
    }
  }
}

TEST(StructureScanner, FindsWhereAValueEnds) {
  EXPECT_EQ(valueEnd(R"({"a": "}"} ,)", 0), 10u);
  EXPECT_EQ(valueEnd("12, 3", 0), 2u);
  EXPECT_EQ(valueEnd(R"("a\"b" x)", 0), 6u);
  EXPECT_EQ(valueEnd("[1, [2]", 0), StructureScanner::kNone);
}

} // namespace
} // namespace hotloop::kineto
