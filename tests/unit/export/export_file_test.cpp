#include "core/export/export_file.h"

#include <gmock/gmock.h>

#include "core/export/kineto/json_text.h"
#include "core/input/byte_source.h"
#include "tests/unit/export/exported_run.h"

namespace hotloop {
namespace {

TEST_F(ExportedRun, AFileAppearsWhenItIsWhole) {
  {
    auto file = ExportFile::create(path("a.txt"), false);
    ASSERT_TRUE(file);
    file->append("half");
    EXPECT_FALSE(std::filesystem::exists(path("a.txt")));
  }
  EXPECT_FALSE(std::filesystem::exists(path("a.txt")));
  EXPECT_FALSE(std::filesystem::exists(path("a.txt.partial")));
  auto file = ExportFile::create(path("a.txt"), false);
  ASSERT_TRUE(file);
  file->append("whole");
  ASSERT_TRUE(file->close());
  EXPECT_EQ(readFile(path("a.txt")), "whole");
  EXPECT_FALSE(ExportFile::create(path("a.txt"), false));
  EXPECT_TRUE(ExportFile::create(path("a.txt"), true));
}

TEST_F(ExportedRun, AFullDiskIsTold) {
  auto file = ExportFile::create("/dev/full", true);
  ASSERT_TRUE(file);
  file->append("x");
  EXPECT_FALSE(file->close());
  EXPECT_TRUE(std::filesystem::exists("/dev/full"));
}

TEST_F(ExportedRun, NamesFollowTheFormat) {
  EXPECT_EQ(exportName("a/r.hotloop", ExportFormat::kNsys), "r.sqlite");
  EXPECT_EQ(exportName("r.hotloop", ExportFormat::kKineto), "r.pt.trace.json.gz");
  EXPECT_EQ(exportName("t.json.gz", ExportFormat::kPerfetto), "t.perfetto-trace");
}

TEST(JsonText, EscapesAndMends) {
  JsonText json;
  json.string("a\"\\\n\x01\xc3\xa9\xff\xed\xa0\x80z");
  EXPECT_EQ(json.text(), "\"a\\\"\\\\\\u000a\\u0001\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                         "\xef\xbf\xbdz\"");
  json.clear();
  json.microseconds(-1'234'005).raw(" ").microseconds(7).raw(" ").microseconds(INT64_MIN);
  EXPECT_EQ(json.text(), "-1234.005 0.007 -9223372036854775.808");
}

} // namespace
} // namespace hotloop
