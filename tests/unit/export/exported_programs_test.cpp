// Our exports, read by programs that know nothing of us. Needs the tools' Python environment
// (tools/setup); without it the tests are skipped.

#include <sqlite3.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/unit/export/exported_run.h"

namespace hotloop {
namespace {

using testing::HasSubstr;

class ExportedPrograms : public ExportedRun {
protected:
  static bool hasPython(const std::string &package) {
    const std::string python = std::getenv("HOTLOOP_PYTHON");
    return std::system((python + " -c 'import " + package + "' >/dev/null 2>&1").c_str()) == 0;
  }
  static std::string python(const std::string &arguments) {
    const std::string command =
        fmt::format("{} {}/tests/unit/export/read_exports.py {} 2>&1",
                    std::getenv("HOTLOOP_PYTHON"), std::getenv("HOTLOOP_SOURCE_DIR"), arguments);
    std::string text;
    FILE *pipe = ::popen(command.c_str(), "r");
    std::array<char, 4096> buffer{};
    while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) text += buffer.data();
    EXPECT_EQ(::pclose(pipe), 0) << text;
    return text;
  }
};

TEST_F(ExportedPrograms, HolisticTraceAnalysisLoadsKineto) {
  if (!hasPython("hta")) GTEST_SKIP() << "HolisticTraceAnalysis is not installed (tools/setup)";
  std::filesystem::create_directory(path("traces"));
  exported(ExportFormat::kKineto, "traces/rank0.json.gz");
  const std::string figures = python("hta " + path("traces"));
  const TraceView trace = run();
  EXPECT_THAT(figures, HasSubstr(fmt::format("\"kernel\": {}", trace->kernels.start.size())));
  EXPECT_THAT(figures, HasSubstr(fmt::format("\"gpu_memcpy\": {}", trace->memcpys.start.size())));
  EXPECT_THAT(figures, testing::Not(HasSubstr("\"busy_us\": 0.0")));
  EXPECT_THAT(figures, testing::Not(HasSubstr("\"kernel_names\": 0,")));
}

TEST_F(ExportedPrograms, PerfettoClassesDecodePerfetto) {
  if (!hasPython("perfetto")) GTEST_SKIP() << "PyPI's perfetto is not installed (tools/setup)";
  const std::string figures = python("perfetto " + exported(ExportFormat::kPerfetto, "t.pftrace"));
  const TraceView trace = run();
  std::int64_t busy = 0;
  for (const Nanoseconds duration : trace->kernels.duration) busy += duration.count;
  EXPECT_THAT(figures, HasSubstr(fmt::format("\"kernel\": {}", trace->kernels.start.size())));
  EXPECT_THAT(figures, HasSubstr(fmt::format("\"kernel\": {}", busy))); // of the durations
  EXPECT_THAT(figures, HasSubstr(fmt::format("\"counter\": {}", trace->allocations.start.size())));
  EXPECT_THAT(figures, testing::Not(HasSubstr("\"arrows\": 0")));
}

// In the style of nsys' own report cuda_gpu_kern_sum and of the queries in NVIDIA's guide.
TEST_F(ExportedPrograms, SqlWrittenForNsysRunsUnchanged) {
  sqlite3 *db = nullptr;
  ASSERT_EQ(sqlite3_open_v2(exported(ExportFormat::kNsys, "t.sqlite").c_str(), &db,
                            SQLITE_OPEN_READONLY, nullptr),
            SQLITE_OK);
  const auto number = [&](const std::string &sql) {
    sqlite3_stmt *statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db) << "\n"
        << sql;
    const bool row = sqlite3_step(statement) == SQLITE_ROW;
    const std::int64_t value = row ? sqlite3_column_int64(statement, 0) : -1;
    sqlite3_finalize(statement);
    return value;
  };
  const auto kernels = static_cast<std::int64_t>(run()->kernels.start.size());
  EXPECT_EQ(number(R"sql(
    WITH summary AS (
      SELECT coalesce(shortName, demangledName) AS nameId, sum(end - start) AS total, count(*) AS num,
        avg(end - start) AS avg, min(end - start) AS min, max(end - start) AS max,
        stdev FROM (SELECT *, 0 AS stdev FROM CUPTI_ACTIVITY_KIND_KERNEL) GROUP BY 1),
    totals AS (SELECT sum(total) AS total FROM summary)
    SELECT sum(summary.num) FROM summary JOIN StringIds AS ids ON ids.id == summary.nameId)sql"),
            kernels);
  EXPECT_EQ(number(R"sql(
    SELECT count(*) FROM CUPTI_ACTIVITY_KIND_KERNEL AS kern JOIN CUPTI_ACTIVITY_KIND_RUNTIME AS r
      ON kern.correlationId == r.correlationId AND kern.globalPid / 0x1000000 == r.globalTid / 0x1000000
    WHERE r.eventClass == 0)sql"),
            kernels);
  EXPECT_GT(number(R"sql(
    SELECT count(*) FROM NVTX_EVENTS AS ne LEFT JOIN StringIds AS sid ON ne.textId == sid.id
    WHERE ne.eventType == 59 AND coalesce(ne.text, sid.value) LIKE 'ProfilerStep#%')sql"),
            3);
  EXPECT_EQ(number("SELECT count(*) FROM sqlite_master WHERE type != 'table'"), 0);
  EXPECT_EQ(number("SELECT value LIKE '3.%' FROM META_DATA_EXPORT WHERE name = "
                   "'EXPORT_SCHEMA_VERSION'"),
            1);
  sqlite3_close(db);
}

} // namespace
} // namespace hotloop
