#include "core/report/report_table.h"

#include <gtest/gtest.h>

#include "core/report/text_layout.h"

namespace hotloop {
namespace {

ReportTable sample() {
  return {"sites",
          "sites",
          {{"site", "site", CellFormat::kPath, true},
           {"file", "file", CellFormat::kText, false},
           {"per_step", "per step", CellFormat::kCount, true},
           {"self_ms", "self", CellFormat::kMilliseconds, true},
           {"bytes", "bytes", CellFormat::kBytes, true}},
          {{std::string("/home/user/project/train.py:12 loss"),
            std::string("/home/user/project/train.py"), std::int64_t{3}, 0.0314, 2048.0},
           {std::string("a,b \"c\".py:1"), ReportCell{}, 12.5, ReportCell{}, std::int64_t{0}}},
          0};
}

TEST(ReportTable, TextAlignsAndFits) {
  EXPECT_EQ(tableText(sample(), Style(false), 200),
            "sites\n"
            "site                                 per step      self    bytes\n"
            "/home/user/project/train.py:12 loss         3  0.031 ms  2.05 kB\n"
            "a,b \"c\".py:1                             12.5         -      0 B\n");
  EXPECT_EQ(tableText(sample(), Style(false), 50),
            "sites\n"
            "site                   per step      self    bytes\n"
            "…/train.py:12 loss            3  0.031 ms  2.05 kB\n"
            "a,b \"c\".py:1               12.5         -      0 B\n");
}

TEST(ReportTable, TextNeverExceedsAReasonableWidth) {
  for (std::size_t width = 45; width < 90; ++width) {
    const std::string text = tableText(sample(), Style(false), width);
    std::size_t begin = 0;
    while (begin < text.size()) {
      const std::size_t end = text.find('\n', begin);
      EXPECT_LE(displayWidth(text.substr(begin, end - begin)), width);
      begin = end + 1;
    }
  }
}

TEST(ReportTable, CsvHasEveryColumnUnrounded) {
  EXPECT_EQ(tableCsv(sample()),
            "site,file,per_step,self_ms,bytes\n"
            "/home/user/project/train.py:12 loss,/home/user/project/train.py,3,0.0314,2048\n"
            "\"a,b \"\"c\"\".py:1\",,12.5,,0\n");
}

TEST(ReportTable, MarkdownEscapes) {
  EXPECT_EQ(markdownCell("a|b_c*`d`"), "a\\|b\\_c\\*\\`d\\`");
  EXPECT_EQ(tableMarkdown(sample()),
            "## sites\n\n"
            "| site | per step | self | bytes |\n"
            "|---|---:|---:|---:|\n"
            "| /home/user/project/train.py:12 loss | 3 | 0.031 ms | 2.05 kB |\n"
            "| a,b \"c\".py:1 | 12.5 | - | 0 B |\n");
}

TEST(ReportTable, LimitSaysWhatItHides) {
  ReportTable table = sample();
  limitRows(table, 0);
  EXPECT_EQ(table.rows.size(), 2u);
  limitRows(table, 1);
  EXPECT_EQ(table.rows.size(), 1u);
  EXPECT_NE(tableText(table, Style(false), 200).find("1 more: --limit 0 shows all"),
            std::string::npos);
  table.rows.clear();
  table.hidden = 0;
  EXPECT_NE(tableText(table, Style(false), 200).find("(none)"), std::string::npos);
}

TEST(ReportTable, PlainNumbersAreRightAlignedOnlyWithoutTexts) {
  ReportTable table{"rows",
                    "",
                    {{"a", "a", CellFormat::kPlain, true}, {"b", "b", CellFormat::kPlain, true}},
                    {},
                    0};
  table.rows.push_back({std::int64_t{5}, std::string("x")});
  table.rows.push_back({std::int64_t{-12345}, std::int64_t{7}});
  EXPECT_EQ(tableText(table, Style(false), 80), "     a  b\n"
                                                "     5  x\n"
                                                "-12345  7\n");
}

} // namespace
} // namespace hotloop
