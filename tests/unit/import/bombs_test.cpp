#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "tests/unit/import/import_files.h"

// Small files that would like to become large: memory stays bounded, and the answer is a sentence.
namespace hotloop {
namespace {

using testing::HasSubstr;

class Bombs : public ImportFiles {
protected:
  // `head`, then so many MiB of `filling`, then `tail`, in a file of a few hundred KB.
  std::string bomb(const std::string &name, std::string_view head, char filling, int mebibytes,
                   std::string_view tail) const {
    const gzFile file = gzopen(path(name).c_str(), "wb1");
    gzwrite(file, head.data(), static_cast<unsigned>(head.size()));
    const std::string block(1u << 20, filling);
    for (int i = 0; i < mebibytes; ++i)
      gzwrite(file, block.data(), static_cast<unsigned>(block.size()));
    gzwrite(file, tail.data(), static_cast<unsigned>(tail.size()));
    gzclose(file);
    return path(name);
  }
  // By how many MiB an import makes a process of its own grow; -1 when it does not come back.
  static long growth(const std::string &file) {
    int ends[2];
    if (::pipe(ends) != 0) return -1;
    const pid_t child = ::fork();
    if (child == 0) {
      const auto peak = [] {
        rusage usage{};
        ::getrusage(RUSAGE_SELF, &usage);
        return usage.ru_maxrss;
      };
      const long before = peak();
      static_cast<void>(importView(file));
      const long grown = (peak() - before) / 1024;
      static_cast<void>(!::write(ends[1], &grown, sizeof grown));
      ::_exit(0);
    }
    ::close(ends[1]);
    long grown = -1;
    if (::read(ends[0], &grown, sizeof grown) != sizeof grown) grown = -1;
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    return grown;
  }
};

constexpr std::string_view kEvent =
    R"({"ph": "X", "cat": "cpu_op", "name": "a", "pid": 1, "tid": 1, "ts": 1, "dur": 1})";

TEST_F(Bombs, SpaceBetweenEventsIsPassedOver) {
  const std::string file = bomb("space.json.gz", std::string(R"({"traceEvents": [)"), ' ', 80,
                                std::string(kEvent) + "]}");
  EXPECT_LT(std::filesystem::file_size(file), 2u << 20);
  EXPECT_EQ(view(file)->ops.start.size(), 1u);
  const long grown = growth(file);
  EXPECT_GE(grown, 0);
  EXPECT_LT(grown, 64);
}

TEST_F(Bombs, AnEndlessTextIsRefusedWithItsPlace) {
  const std::string file =
      bomb("text.json.gz", R"({"traceEvents": [{"ph": "X", "name": ")", 'x', 80, R"("}]})");
  const std::string message = failure(file);
  EXPECT_THAT(message, HasSubstr(file));
  EXPECT_THAT(message, HasSubstr("larger than 64 MiB"));
  const long grown = growth(file);
  EXPECT_GE(grown, 0);
  EXPECT_LT(grown, 200);
}

TEST_F(Bombs, PicklesHoldNoMoreThanASnapshotEverHas) {
  const std::string file = bomb("p.pickle.gz", std::string_view("\x80\x04", 2), '(', 3, ".");
  const std::string message = failure(file);
  EXPECT_THAT(message, HasSubstr(file));
  EXPECT_THAT(message, HasSubstr("at byte"));
  EXPECT_THAT(message, HasSubstr("more values than a memory snapshot ever has"));
  // A text that says it has 2^40 bytes.
  EXPECT_THAT(failure(write("t.pickle", std::string_view("\x80\x04\x8d\0\0\0\0\0\x01\0\0x.", 13))),
              HasSubstr("ends inside of a value"));
}

TEST_F(Bombs, WhatFollowsADatabaseIsNotUnpacked) {
  sqlite3 *db = nullptr;
  ASSERT_EQ(sqlite3_open(path("plain.sqlite").c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db,
                         "CREATE TABLE StringIds (id INTEGER PRIMARY KEY, value TEXT);"
                         "CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INT, end INT);"
                         "INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (5, 9);",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(db);
  std::ifstream plain(path("plain.sqlite"), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(plain)), {});
  const std::string file = bomb("db.sqlite.gz", bytes, '\0', 64, "");
  EXPECT_EQ(view(file)->kernels.start.size(), 1u);
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit files{1u << 20, 1u << 20}; // no file may grow beyond a megabyte
    ::setrlimit(RLIMIT_FSIZE, &files);
    ::_exit(importView(file) ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0) << "more was written than the database has";
}

// Schemas that want to run something: nothing but the plain tables is read.
TEST_F(Bombs, HostileSchemasRunNothing) {
  sqlite3 *db = nullptr;
  ASSERT_EQ(sqlite3_open(path("hostile.sqlite").c_str(), &db), SQLITE_OK);
  ASSERT_EQ(
      sqlite3_exec(db,
                   "CREATE TABLE StringIds (id INTEGER PRIMARY KEY, value TEXT);"
                   "CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INT, end INT,"
                   " demangledName AS (zeroblob(900000000)));"
                   "INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL (start, end) VALUES (5, 9);"
                   "CREATE VIEW NVTX_EVENTS AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT"
                   " x + 1 FROM c) SELECT x AS start, x AS eventType FROM c;"
                   "CREATE VIRTUAL TABLE CUPTI_ACTIVITY_KIND_MEMCPY USING fts5(start, end);"
                   "CREATE TRIGGER t AFTER INSERT ON StringIds BEGIN SELECT load_extension('x');"
                   " END;",
                   nullptr, nullptr, nullptr),
      SQLITE_OK)
      << sqlite3_errmsg(db);
  sqlite3_close(db);
  const auto trace = importView(path("hostile.sqlite"));
  if (trace) {
    EXPECT_EQ((*trace)->kernels.start.size(), 1u);
    EXPECT_TRUE((*trace)->memcpys.start.empty());
    EXPECT_TRUE((*trace)->ranges.start.empty());
  } else {
    EXPECT_THAT(trace.error().message, HasSubstr("hostile.sqlite"));
  }
  const long grown = growth(path("hostile.sqlite"));
  EXPECT_GE(grown, 0);
  EXPECT_LT(grown, 64);
}

} // namespace
} // namespace hotloop
