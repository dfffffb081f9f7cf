#include "core/store/record_scan.h"

#include <limits>
#include <random>
#include <vector>

#include "core/store/column_scan.h"
#include "tests/unit/store/run_files.h"

// What is read from the pages is what SQLite reads.
namespace hotloop {
namespace {

using Rows = std::vector<std::vector<std::int64_t>>;

class RecordScanTest : public RunFiles {
protected:
  void SetUp() override {
    RunFiles::SetUp();
    ASSERT_EQ(sqlite3_open(path("any.db").c_str(), &db_), SQLITE_OK);
  }
  void TearDown() override {
    sqlite3_close(db_);
    RunFiles::TearDown();
  }
  void sql(const std::string &text) {
    char *error = nullptr;
    ASSERT_EQ(sqlite3_exec(db_, text.c_str(), nullptr, nullptr, &error), SQLITE_OK)
        << text << ": " << (error != nullptr ? error : "");
  }
  Rows bySqlite(const std::vector<std::string_view> &columns, std::int64_t first,
                std::int64_t last) {
    std::string text = "SELECT rowid";
    for (const std::string_view column : columns) text += ", \"" + std::string(column) + "\"";
    text += " FROM t WHERE rowid BETWEEN ?1 AND ?2 ORDER BY rowid";
    sqlite3_stmt *statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(db_, text.c_str(), -1, &statement, nullptr), SQLITE_OK);
    sqlite3_bind_int64(statement, 1, first);
    sqlite3_bind_int64(statement, 2, last);
    Rows rows;
    while (sqlite3_step(statement) == SQLITE_ROW) {
      std::vector<std::int64_t> &row = rows.emplace_back();
      for (int i = 0; i <= static_cast<int>(columns.size()); ++i)
        row.push_back(sqlite3_column_int64(statement, i));
    }
    sqlite3_finalize(statement);
    return rows;
  }
  // As ColumnScan does it: SQLite goes on where the pages say something that only it knows.
  Rows byPages(const std::vector<std::string_view> &columns, std::int64_t first,
               std::int64_t last) {
    Rows rows;
    auto scan = RecordScan::open(db_, "t", columns);
    if (scan) {
      fromPages_ += 1;
      const auto end = scan->read(first, last, first, [&](const std::int64_t *values) {
        rows.emplace_back(values, values + columns.size() + 1);
        return true;
      });
      rowsFromPages_ += rows.size();
      if (end == RecordScan::End::kDone) return rows;
      EXPECT_EQ(end, RecordScan::End::kUnknown);
    }
    const Rows rest = bySqlite(columns, first, last);
    rows.insert(rows.end(), rest.begin(), rest.end());
    return rows;
  }

  sqlite3 *db_ = nullptr;
  std::size_t fromPages_ = 0, rowsFromPages_ = 0;
};

std::string someValue(std::mt19937_64 &random, bool odd) {
  const auto bits = random() % 64;
  auto value = static_cast<std::int64_t>(random() >> bits);
  if (random() % 3 == 0) value = -value;
  switch (odd ? random() % 12 : 20) {
  case 0: return "NULL";
  case 1: return "2.5e30";
  case 2: return "-7.9";
  case 3: return "'12 apples'";
  case 4: return "zeroblob(" + std::to_string(random() % 3000) + ")";
  case 5: return "0";
  case 6: return "1";
  default: return value == std::numeric_limits<std::int64_t>::min() ? "0" : std::to_string(value);
  }
}

TEST_F(RecordScanTest, ReadsWhatSqliteReads) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 60; ++round) {
    const bool odd = round % 3 == 2;
    sql("DROP TABLE IF EXISTS t; PRAGMA page_size = " + std::to_string(512 << random() % 8) +
        "; VACUUM");
    const int columns = 1 + static_cast<int>(random() % 20);
    const bool alias = random() % 3 == 0;
    std::string create = "CREATE TABLE t(";
    for (int i = 0; i < columns; ++i) {
      create += (i > 0 ? ", c" : "c") + std::to_string(i) +
                (alias && i == 0 ? " INTEGER PRIMARY KEY" : "");
    }
    sql(create + ")");
    sql("BEGIN");
    std::int64_t rowid = 0;
    const auto rows = 1 + random() % 3000;
    for (std::size_t row = 0; row < rows; ++row) {
      rowid += 1 + static_cast<std::int64_t>(random() % (round % 2 == 0 ? 1 : 500));
      std::string insert = alias ? "INSERT INTO t(c0" : "INSERT INTO t(rowid";
      std::string values = std::to_string(rowid);
      for (int i = alias ? 1 : 0; i < columns; ++i) {
        insert += ", c" + std::to_string(i);
        values += ", " + someValue(random, odd && random() % 400 == 0);
      }
      sql(insert + ") VALUES(" + values + ")");
    }
    sql("COMMIT");
    if (round % 4 == 1) sql("DELETE FROM t WHERE rowid % 7 = 3");
    if (round % 5 == 1) sql("ALTER TABLE t ADD COLUMN late INTEGER DEFAULT 42");
    std::vector<std::string> names;
    for (int i = 0; i < columns; ++i) names.push_back("c" + std::to_string(i));
    if (round % 5 == 1) names.emplace_back("late");
    std::shuffle(names.begin(), names.end(), random);
    names.resize(std::min<std::size_t>(names.size(), 1 + random() % 9));
    const std::vector<std::string_view> asked(names.begin(), names.end());
    for (int i = 0; i < 6; ++i) {
      auto first = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(rowid + 2));
      auto last =
          first + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(rowid + 9));
      if (i == 0) {
        first = std::numeric_limits<std::int64_t>::min();
        last = std::numeric_limits<std::int64_t>::max();
      }
      ASSERT_EQ(byPages(asked, first, last), bySqlite(asked, first, last))
          << round << " " << create;
    }
  }
  EXPECT_GT(fromPages_, 300u);
  EXPECT_GT(rowsFromPages_, 100'000u); // it must not leave everything to SQLite
}

TEST_F(RecordScanTest, LeavesTheRestToSqlite) {
  const std::vector<std::string_view> columns{"c0"};
  sql("CREATE TABLE t(c0 INTEGER PRIMARY KEY, c1) WITHOUT ROWID; INSERT INTO t VALUES(1, 2)");
  auto scan = RecordScan::open(db_, "t", columns);
  std::int64_t next = 0;
  if (scan) {
    EXPECT_EQ(scan->read(1, 9, next, [](const std::int64_t *) { return true; }),
              RecordScan::End::kUnknown);
  }
  sql("DROP TABLE t; CREATE TABLE t(c0, c1 AS (c0 + 1))");
  EXPECT_FALSE(RecordScan::open(db_, "t", columns).has_value());
  sql("DROP TABLE t; CREATE TABLE t(c0); INSERT INTO t VALUES(5)");
  EXPECT_TRUE(RecordScan::open(db_, "t", columns).has_value());
  EXPECT_FALSE(RecordScan::open(db_, "u", columns).has_value());
  const std::vector<std::string_view> missing{"c0", "nothing"};
  EXPECT_FALSE(RecordScan::open(db_, "t", missing).has_value());
  sql("PRAGMA journal_mode = WAL; INSERT INTO t VALUES(6)");
  EXPECT_FALSE(RecordScan::open(db_, "t", columns).has_value());
}

TEST_F(RecordScanTest, StopsWhenAsked) {
  sql("CREATE TABLE t(c0); INSERT INTO t VALUES(5), (6), (7)");
  const std::vector<std::string_view> columns{"c0"};
  auto scan = RecordScan::open(db_, "t", columns);
  ASSERT_TRUE(scan.has_value());
  std::int64_t next = 0;
  int seen = 0;
  EXPECT_EQ(scan->read(1, 3, next, [&](const std::int64_t *) { return ++seen < 2; }),
            RecordScan::End::kStopped);
  EXPECT_EQ(seen, 2);
}

// Any bytes in the pages: an end, and no row that was not asked for.
TEST_F(RecordScanTest, SurvivesDamage) {
  const std::string run = makeFile(3'000, true);
  std::ifstream whole(run, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(whole)),
                          std::istreambuf_iterator<char>());
  std::mt19937_64 random(11);
  const std::vector<std::string_view> columns{"start", "duration", "lane", "name", "stack"};
  for (int round = 0; round < 400; ++round) {
    std::string damaged = bytes;
    const auto hits = 1 + random() % 200;
    for (std::size_t i = 0; i < hits; ++i) {
      // The schema stays: without it there is nothing to read.
      const std::size_t at = 32768 + random() % (damaged.size() - 32768);
      damaged[at] = static_cast<char>(random() % 3 == 0 ? 0xff : random());
    }
    const std::string file = path("damaged.hotloop");
    std::ofstream(file, std::ios::binary) << damaged;
    auto scan = ColumnScan::open(file);
    if (!scan) continue;
    std::int64_t before = 0;
    static_cast<void>(scan->read("op", columns, 1, 2'000, [&](const std::int64_t *values) {
      EXPECT_GT(values[0], before);
      EXPECT_LE(values[0], 2'000);
      before = values[0];
      return true;
    }));
  }
}

} // namespace
} // namespace hotloop
