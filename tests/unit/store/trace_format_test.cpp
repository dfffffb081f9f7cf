#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/store/schema.h"
#include "core/store/trace_format.h"

namespace hotloop {
namespace {

TEST(TraceFormatDocument, CommittedFileIsCurrent) {
  const char *root = std::getenv("HOTLOOP_SOURCE_DIR");
  ASSERT_NE(root, nullptr);
  std::ifstream file(std::string(root) + "/docs/trace_format.md");
  ASSERT_TRUE(file) << "run: hotloop-make-docs trace-format > docs/trace_format.md";
  std::ostringstream committed;
  committed << file.rdbuf();
  EXPECT_TRUE(committed.str() == traceFormatDocument())
      << "docs/trace_format.md is not what the descriptions say; run: hotloop-make-docs "
         "trace-format > docs/trace_format.md";
}

TEST(TraceFormatDocument, NamesEveryTableAndColumn) {
  const std::string text = traceFormatDocument();
  for (const TableSql &table : schemaTables()) {
    EXPECT_THAT(text, testing::HasSubstr("\n## " + table.name + "\n"));
    for (const ColumnSql &column : table.columns)
      EXPECT_THAT(text, testing::HasSubstr("| `" + column.name + "` | " + column.type));
  }
}

TEST(TraceFormatDocument, EveryIdColumnNamesItsTable) {
  AllTables::forEach([]<class Table>() {
    bool first = true;
    Table::template columns<Value>([&](auto, const ColumnInfo &info) {
      const bool isKey = std::exchange(first, false) && info.name == "id";
      EXPECT_EQ(info.unit == Unit::kId && !isKey, !info.references.empty())
          << Table::kInfo.name << "." << info.name;
      EXPECT_FALSE(info.meaning.empty()) << Table::kInfo.name << "." << info.name;
    });
  });
}

} // namespace
} // namespace hotloop
