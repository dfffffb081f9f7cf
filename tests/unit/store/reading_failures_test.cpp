#include <zlib.h>

#include <gmock/gmock.h>

#include "core/store/run_reader.h"
#include "core/store/schema.h"
#include "tests/unit/store/run_files.h"

namespace hotloop {
namespace {

using testing::HasSubstr;

class ReadingFailures : public RunFiles {
protected:
  void expectError(const std::string &file, ErrorKind kind, const std::string &sentence) {
    auto run = loadRun(file);
    ASSERT_FALSE(run);
    EXPECT_EQ(run.error().kind, kind) << run.error().message;
    EXPECT_THAT(run.error().message, HasSubstr(sentence));
    EXPECT_THAT(run.error().message, HasSubstr(file));
  }
  void write(const std::string &file, const std::string &bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
  }
};

TEST_F(ReadingFailures, MissingFile) {
  expectError(path("absent"), ErrorKind::kNotFound, "no such file");
}

TEST_F(ReadingFailures, Folder) {
  expectError(folder_.string(), ErrorKind::kInvalidInput, "is a folder");
}

TEST_F(ReadingFailures, Device) {
  expectError("/dev/null", ErrorKind::kInvalidInput, "not a plain file");
}

TEST_F(ReadingFailures, EmptyFile) {
  write(path(), "");
  expectError(path(), ErrorKind::kInvalidInput, "empty file");
}

TEST_F(ReadingFailures, TextFile) {
  write(path(), std::string(5000, 'x'));
  expectError(path(), ErrorKind::kInvalidInput, "is of no format that hotloop reads");
}

TEST_F(ReadingFailures, TracesOfOtherToolsAreNamed) {
  const std::string import = "hotloop import " + path() + " -o run.hotloop";
  const auto expect = [&](const std::string &what) {
    expectError(path(), ErrorKind::kInvalidInput, what);
    expectError(path(), ErrorKind::kInvalidInput, import);
  };
  write(path(), R"({"schemaVersion": 1, "traceEvents": []})");
  expect("JSON, as traces of torch.profiler (Kineto) are, not a run of hotloop");
  const std::string packed = path("packed");
  gzFile file = gzopen(packed.c_str(), "wb");
  ASSERT_EQ(gzputs(file, "[{\"ph\": \"X\"}]"), 13);
  ASSERT_EQ(gzclose(file), Z_OK);
  expectError(packed, ErrorKind::kInvalidInput,
              "JSON, as traces of torch.profiler (Kineto) are, compressed with gzip");
  write(path(), "\x80\x04}q.");
  expect("a pickle, as memory snapshots of torch are");
  std::filesystem::remove(path());
  change(path(), "CREATE TABLE StringIds (id, value)");
  expect("an SQLite export of Nsight Systems");
  write(path(), "NVIDIA Tegra Profiler Report");
  expectError(path(), ErrorKind::kUnsupported, "nsys export --type sqlite");
}

TEST_F(ReadingFailures, NoPermission) {
  makeFile();
  std::filesystem::permissions(path(), std::filesystem::perms::none);
  EXPECT_TRUE(asOrdinaryUser([&] {
    auto run = loadRun(path());
    return !run && run.error().kind == ErrorKind::kPermission;
  }));
}

TEST_F(ReadingFailures, OtherSqliteFile) {
  change(path(), "CREATE TABLE op (a)");
  expectError(path(), ErrorKind::kInvalidInput, "neither a run of hotloop nor an export");
}

TEST_F(ReadingFailures, NewerFormat) {
  const std::string newer = std::to_string(kFormatVersion + 1);
  change(makeFile(), "PRAGMA user_version=" + newer);
  expectError(path(), ErrorKind::kUnsupported, "newer hotloop (format " + newer);
}

TEST_F(ReadingFailures, UnknownOlderFormat) {
  change(makeFile(), "PRAGMA user_version=0");
  expectError(path(), ErrorKind::kUnsupported, "format 0");
}

TEST_F(ReadingFailures, TruncatedFile) {
  const std::string file = makeFile(50'000);
  const auto size = std::filesystem::file_size(file);
  for (const std::uintmax_t left : {size / 2, std::uintmax_t{16'384}, std::uintmax_t{4'000}}) {
    std::filesystem::resize_file(file, left);
    expectError(file, ErrorKind::kCorrupt, "damaged");
  }
  std::filesystem::resize_file(file, 60);
  expectError(file, ErrorKind::kCorrupt, "ends within its header");
}

TEST_F(ReadingFailures, OverwrittenPages) {
  const std::string file = makeFile(50'000);
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(16'384);
  stream << std::string(std::filesystem::file_size(file) - 16'384, '\xa5');
  stream.close();
  expectError(file, ErrorKind::kCorrupt, "damaged");
}

TEST_F(ReadingFailures, LockedFile) {
  const std::string file = makeFile();
  sqlite3 *other = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
  expectError(file, ErrorKind::kBusy, "locked by another program");
  sqlite3_close(other);
}

struct Damage {
  const char *name;
  const char *sql;
  const char *sentence;
};

class HostileSchema : public ReadingFailures, public testing::WithParamInterface<Damage> {};

TEST_P(HostileSchema, IsAnError) {
  change(makeFile(), GetParam().sql);
  expectError(path(), ErrorKind::kCorrupt, GetParam().sentence);
}

TEST_F(ReadingFailures, ASummaryLooksAtTheSchemaToo) {
  EXPECT_EQ(summarizeRun(path()).error().kind, ErrorKind::kNotFound);
  change(makeFile(), "DROP TABLE op");
  EXPECT_EQ(summarizeRun(path()).error().kind, ErrorKind::kCorrupt);
}

INSTANTIATE_TEST_SUITE_P(
    Damages, HostileSchema,
    testing::Values(
        Damage{"NoTable", "DROP TABLE op", "table op is missing"},
        Damage{"NoColumn", "DROP TABLE memset; CREATE TABLE memset (start INTEGER NOT NULL) STRICT",
               "column memset.duration is missing"},
        Damage{"OtherType",
               "DROP TABLE string; CREATE TABLE string (id INTEGER PRIMARY KEY, text BLOB) STRICT",
               "column string.text is of type BLOB"},
        Damage{"LooseTable", "DROP TABLE meta; CREATE TABLE meta (key TEXT, value TEXT)",
               "meta is not a plain table"},
        Damage{"View", "DROP TABLE frame; CREATE VIEW frame AS SELECT 1 AS id",
               "frame is not a plain table"},
        Damage{
            "NoRowids",
            "DROP TABLE string; CREATE TABLE string (id INTEGER PRIMARY KEY, text TEXT NOT NULL) "
            "STRICT, WITHOUT ROWID",
            "string is not a plain table"},
        Damage{"HugeEntityId", "INSERT INTO thread VALUES (4294967295, 1, 1, 0)",
               "has an id of 4294967295"},
        Damage{"HugeStringId", "INSERT INTO string VALUES (4000000000, 'x')", "string id"},
        Damage{"NegativeStringId", "INSERT INTO string VALUES (-5, 'x')", "string id"}),
    [](const auto &damage) { return std::string(damage.param.name); });

TEST_F(ReadingFailures, BadValuesAreReadAsZeroAndReported) {
  change(makeFile(), "UPDATE op SET depth = 70000, name = 999999 WHERE rowid = 1;"
                     "UPDATE op SET lane = 77, duration = -5 WHERE rowid = 2;"
                     "UPDATE op SET duration = 9223372036854775807 WHERE rowid = 3;"
                     "UPDATE stack SET parent = id WHERE id = 1");
  auto run = loadRun(path());
  ASSERT_TRUE(run) << run.error().message;
  std::map<std::string_view, std::int64_t> counts;
  for (std::size_t i = 0; i < (*run)->quality.name.size(); ++i)
    counts[run->text((*run)->quality.name[i])] = (*run)->quality.count[i];
  EXPECT_EQ(counts["bad_values"], 1);
  EXPECT_EQ(counts["dangling_references"], 3);
  EXPECT_EQ(counts["negative_durations"], 1);
  EXPECT_EQ(counts["impossible_times"], 1);
}

TEST_F(ReadingFailures, ExtraTablesColumnsAndTriggersDoNoHarm) {
  change(makeFile(),
         "CREATE TABLE notes (x); CREATE TRIGGER t AFTER INSERT ON op BEGIN DELETE FROM "
         "op; END; ALTER TABLE op ADD COLUMN note INTEGER");
  EXPECT_TRUE(loadRun(path()));
}

} // namespace
} // namespace hotloop
