#include <gmock/gmock.h>

#include "core/store/migrations.h"
#include "core/store/run_file.h"
#include "tests/unit/store/run_files.h"

namespace hotloop {
namespace {

// A made-up past: format 0 called op.duration "length" and had no table memset.
Result<void> fromZero(sqlite3 *connection, const std::string &path) {
  const TableSql &memset = tableSql<MemsetTable>();
  std::string create = "CREATE TABLE memset (";
  for (const ColumnSql &column : memset.columns)
    create += (&column == &memset.columns.front() ? "" : ", ") + quotedName(column.name) +
              " INTEGER NOT NULL";
  return execute(connection,
                 "ALTER TABLE op RENAME COLUMN length TO duration;" + create + ") STRICT", path);
}
Result<void> fromOne(sqlite3 *connection, const std::string &path) {
  return execute(connection, "CREATE TABLE later (x INTEGER)", path);
}
constexpr Migration kSteps[] = {{0, fromZero}, {1, fromOne}};

class Migrations : public RunFiles {
protected:
  void makeZero() {
    change(makeFile(), "DROP VIEW CUPTI_ACTIVITY_KIND_MEMSET; DROP TABLE memset;"
                       "ALTER TABLE op RENAME COLUMN duration TO length; PRAGMA user_version=0");
  }
};

TEST_F(Migrations, AnOlderFileIsConvertedOnACopy) {
  makeZero();
  const auto written = std::filesystem::last_write_time(path());
  std::filesystem::path copyFolder;
  {
    auto file = openRunFile(path(), kSteps, 1);
    ASSERT_TRUE(file) << file.error().message;
    sqlite3 *connection = file->connection.get();
    EXPECT_EQ(*queryInteger(connection, "PRAGMA user_version", "copy"), 1);
    EXPECT_GT(*queryInteger(connection, "SELECT sum(duration) FROM op", "copy"), 0);
    EXPECT_EQ(*queryInteger(connection, "SELECT count(*) FROM memset", "copy"), 0);
    copyFolder = file->folder.path();
    EXPECT_TRUE(std::filesystem::exists(copyFolder));
  }
  EXPECT_FALSE(std::filesystem::exists(copyFolder));
  EXPECT_EQ(std::filesystem::last_write_time(path()), written);
  EXPECT_EQ(readFileHeader(path())->version, 0);
}

TEST_F(Migrations, StepsFollowEachOther) {
  makeZero();
  auto file = openRunFile(path(), kSteps, 2);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(*queryInteger(file->connection.get(), "PRAGMA user_version", "copy"), 2);
  EXPECT_EQ(*queryInteger(file->connection.get(), "SELECT count(*) FROM later", "copy"), 0);
}

TEST_F(Migrations, AMissingStepIsAnError) {
  makeZero();
  auto file = openRunFile(path(), std::span(kSteps).subspan(1), 1);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().kind, ErrorKind::kUnsupported);
  EXPECT_THAT(file.error().message, testing::HasSubstr("format 0"));
}

TEST_F(Migrations, AFailingStepIsAnErrorThatNamesTheFile) {
  makeZero();
  change(path(), "ALTER TABLE op RENAME COLUMN length TO other");
  auto file = openRunFile(path(), kSteps, 1);
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().message, testing::HasSubstr(path()));
}

TEST_F(Migrations, TheShippedStepsReachTheCurrentFormat) {
  for (std::size_t i = 0; i < migrations().size(); ++i)
    EXPECT_EQ(migrations()[i].from, static_cast<int>(i) + 1);
  EXPECT_EQ(static_cast<int>(migrations().size()) + 1, kFormatVersion);
}

} // namespace
} // namespace hotloop
