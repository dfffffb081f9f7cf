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

// Whatever the rows are made of, reading a table whole gives what SQLite gives.
TEST_F(Databases, TablesReadWholeAreAsSqliteReadsThem) {
  const std::vector<std::pair<std::string, std::string>> tables = {
      {"plain", "i INTEGER, t TEXT, r REAL"},
      {"untyped", "i, t, r"},
      {"alias", "i INTEGER PRIMARY KEY, t TEXT, r DOUBLE"},
      {"shadow", "rowid TEXT, i INT, t TEXT, r REAL"},
      {"clustered", "i INTEGER PRIMARY KEY, t TEXT, r REAL) WITHOUT ROWID"},
      {"computed", "i INT, t TEXT, r REAL, g AS (i + 1)"},
      {"late", "i INT, t TEXT"},
  };
  const std::string rows =
      "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 3000) SELECT x, "
      "CASE x % 5 WHEN 0 THEN NULL WHEN 1 THEN 'name ' || x WHEN 2 THEN '' ELSE 'é' END, "
      "CASE x % 4 WHEN 0 THEN NULL WHEN 1 THEN x WHEN 2 THEN x / 8.0 ELSE -1e300 END FROM n";
  std::string sql;
  for (const auto &[name, columns] : tables) {
    sql += "CREATE TABLE " + name + " (" + columns + (columns.ends_with("ROWID") ? ";" : ");");
    sql += "INSERT INTO " + name +
           (name == "late" ? " (i, t) SELECT x, 1 || x FROM (" : " (i, t, r) SELECT * FROM (") +
           rows + ");";
  }
  sql += "ALTER TABLE late ADD COLUMN r REAL DEFAULT 4;"
         "UPDATE untyped SET i = '12 apples' WHERE rowid = 2500;"
         "UPDATE plain SET t = hex(zeroblob(20000)) WHERE rowid = 2600;"; // on overflow pages
  change(path(), sql);
  using Type = Database::Column::Type;
  const auto seen = [](std::string &text) {
    return [&](const Database::Row &row) {
      for (int i = 0; i < 4; ++i) {
        text += row.isNull(i) ? "null " : std::to_string(row.integer(i)) + " ";
        if (row.isText(i)) text += std::string(row.text(i)) + " ";
        if (row.isReal(i)) text += std::to_string(row.real(i)) + " ";
      }
      text += "\n";
    };
  };
  for (const auto &[name, columns] : tables) {
    Database database = open();
    std::string bySqlite, whole;
    ASSERT_TRUE(database.forEach("SELECT t, NULL, i, r FROM " + name, seen(bySqlite)));
    const auto read = database.forEachOf(
        name, {{"t", Type::kText}, {""}, {"i"}, {"r", Type::kReal}}, seen(whole));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(whole == bySqlite) << name; // too long to be shown
    EXPECT_GT(whole.size(), 10'000u);
  }
}

} // namespace
} // namespace hotloop
