#include <gmock/gmock.h>

#include "core/store/database.h"
#include "tests/unit/store/run_files.h"

namespace hotloop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Databases : public RunFiles {
protected:
  Database open() {
    auto database = Database::open(path());
    EXPECT_TRUE(database) << database.error().message;
    return std::move(database).value();
  }
};

TEST_F(Databases, GivesCellsOfEveryKind) {
  makeFile();
  auto table = open().query("SELECT 1 AS a, 2.5 AS b, 'x' AS c, NULL AS d, x'00ff' AS e; -- end");
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_THAT(table->columns, ElementsAre("a", "b", "c", "d", "e"));
  ASSERT_EQ(table->rows.size(), 1u);
  EXPECT_EQ(std::get<std::int64_t>(table->rows[0][0]), 1);
  EXPECT_EQ(std::get<double>(table->rows[0][1]), 2.5);
  EXPECT_EQ(std::get<std::string>(table->rows[0][2]), "x");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(table->rows[0][3]));
  EXPECT_EQ(std::get<std::string>(table->rows[0][4]).size(), 2u);
  EXPECT_FALSE(table->cut);
}

TEST_F(Databases, CutsAtMaxRows) {
  makeFile();
  Database database = open();
  auto table = database.query("SELECT rowid FROM op", 3);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->rows.size(), 3u);
  EXPECT_TRUE(table->cut);
  table = database.query("VALUES (1), (2), (3)", 3);
  ASSERT_TRUE(table);
  EXPECT_FALSE(table->cut);
}

TEST_F(Databases, ErrorsNameThePlace) {
  makeFile();
  Database database = open();
  auto table = database.query("SELECT nmae FROM op");
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().kind, ErrorKind::kInvalidInput);
  EXPECT_THAT(table.error().message, HasSubstr("no such column: nmae, at character 8"));
  EXPECT_THAT(database.query("SELECT \"nmae\" FROM op").error().message,
              HasSubstr("no such column"));
  EXPECT_THAT(database.query("SELEC 1").error().message, HasSubstr("syntax error"));
  EXPECT_THAT(database.query("").error().message, HasSubstr("empty"));
  EXPECT_THAT(database.query(" -- nothing").error().message, HasSubstr("empty"));
  EXPECT_THAT(database.query("SELECT 1; SELECT 2").error().message, HasSubstr("One SQL statement"));
  EXPECT_THAT(database.query("SELECT abs(-9223372036854775808)").error().message,
              HasSubstr("integer overflow"));
}

TEST_F(Databases, OnlyReads) {
  makeFile();
  Database database = open();
  for (const char *sql :
       {"DELETE FROM op", "INSERT INTO meta VALUES ('a', 'b')", "DROP TABLE op",
        "CREATE TABLE t (a)", "CREATE TEMP TABLE t (a)", "ATTACH '/tmp/other' AS o",
        "VACUUM INTO '/tmp/other'", "PRAGMA user_version=7", "PRAGMA journal_mode=WAL",
        "PRAGMA writable_schema=ON", "BEGIN", "SELECT load_extension('x')", "REINDEX", "ANALYZE"}) {
    auto table = database.query(sql);
    ASSERT_FALSE(table) << sql;
    EXPECT_EQ(table.error().kind, ErrorKind::kInvalidInput) << sql;
  }
  for (const char *sql :
       {"PRAGMA table_info(op)", "PRAGMA user_version", "EXPLAIN SELECT * FROM op",
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < "
        "5) SELECT sum(i) FROM n",
        "SELECT count(*) FROM NVTX_EVENTS", "PRAGMA integrity_check"}) {
    auto table = database.query(sql);
    EXPECT_TRUE(table) << sql << ": " << table.error().message;
  }
}

TEST_F(Databases, OpensForeignFilesAndRefusesOthers) {
  change(path(), "CREATE TABLE t (a); INSERT INTO t VALUES (5)");
  auto table = open().query("SELECT a FROM t");
  ASSERT_TRUE(table);
  EXPECT_EQ(std::get<std::int64_t>(table->rows[0][0]), 5);
  EXPECT_EQ(Database::open(path("absent")).error().kind, ErrorKind::kNotFound);
  std::ofstream(path("text")) << std::string(500, 'x');
  EXPECT_EQ(Database::open(path("text")).error().kind, ErrorKind::kInvalidInput);
}

TEST_F(Databases, ReadsAForeignWalFileFromAReadOnlyFolder) {
  const pid_t child = ::fork();
  if (child == 0) { // ends without closing, so that the WAL stays
    sqlite3 *db = nullptr;
    sqlite3_open(path().c_str(), &db);
    sqlite3_exec(db, "PRAGMA journal_mode=WAL; CREATE TABLE t (a); INSERT INTO t VALUES (5)",
                 nullptr, nullptr, nullptr);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  std::filesystem::remove(path("run.hotloop-shm"));
  std::filesystem::permissions(folder_, std::filesystem::perms(0555));
  EXPECT_TRUE(asOrdinaryUser([&] {
    auto database = Database::open(path());
    if (!database) return false;
    auto table = database->query("SELECT a FROM t");
    return table && table->rows.size() == 1;
  }));
}

} // namespace
} // namespace hotloop
