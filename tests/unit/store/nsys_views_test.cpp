#include <gmock/gmock.h>

#include "core/store/database.h"
#include "core/store/nsys_views.h"
#include "core/store/run_reader.h"
#include "tests/unit/store/run_files.h"

namespace hotloop {
namespace {

// SQL in the style of nsys' reports and of the examples in its guide, run unchanged.
class NsysViews : public RunFiles {
protected:
  void SetUp() override {
    RunFiles::SetUp();
    makeFile(20'000, true);
    auto run = loadRun(path());
    ASSERT_TRUE(run) << run.error().message;
    run_ = std::make_unique<TraceView>(*run);
    auto database = Database::open(path());
    ASSERT_TRUE(database);
    database_ = std::make_unique<Database>(std::move(database).value());
  }
  Database::Table query(const std::string &sql) {
    auto table = database_->query(sql);
    EXPECT_TRUE(table) << table.error().message << "\n" << sql;
    return table ? std::move(table).value() : Database::Table();
  }
  std::int64_t number(const std::string &sql) {
    const Database::Table table = query(sql);
    if (table.rows.size() != 1 || !std::holds_alternative<std::int64_t>(table.rows[0][0]))
      return -1;
    return std::get<std::int64_t>(table.rows[0][0]);
  }

  std::unique_ptr<TraceView> run_;
  std::unique_ptr<Database> database_;
};

TEST_F(NsysViews, EveryViewCanBeRead) {
  for (const NsysView &view : nsysViews()) query("SELECT * FROM " + std::string(view.name));
}

TEST_F(NsysViews, KernelSummary) {
  const auto table = query(R"sql(
    WITH summary AS (
      SELECT coalesce(shortName, demangledName) AS nameId, sum(end - start) AS total,
             count(*) AS num, avg(end - start) AS avg, min(end - start) AS min, max(end - start) AS max
      FROM CUPTI_ACTIVITY_KIND_KERNEL GROUP BY 1),
    totals AS (SELECT sum(total) AS total FROM summary)
    SELECT round(summary.total * 100.0 / (SELECT total FROM totals), 1) AS "Time(%)",
           summary.total, summary.num, ids.value AS "Name"
    FROM summary LEFT JOIN StringIds AS ids ON ids.id == summary.nameId ORDER BY 2 DESC)sql");
  std::int64_t kernels = 0;
  for (const auto &row : table.rows) {
    kernels += std::get<std::int64_t>(row[2]);
    EXPECT_FALSE(std::get<std::string>(row[3]).empty());
  }
  EXPECT_EQ(kernels, static_cast<std::int64_t>((*run_)->kernels.start.size()));
}

TEST_F(NsysViews, LaunchToKernelJoin) {
  EXPECT_EQ(number(R"(
    SELECT count(*) FROM CUPTI_ACTIVITY_KIND_KERNEL k
    JOIN CUPTI_ACTIVITY_KIND_RUNTIME r ON r.correlationId = k.correlationId
      AND (r.globalTid / 0x1000000) = (k.globalPid / 0x1000000)
    JOIN StringIds s ON s.id = k.shortName
    WHERE k.start >= r.start AND r.eventClass = 0)"),
            static_cast<std::int64_t>((*run_)->kernels.start.size()));
}

TEST_F(NsysViews, ProcessAndThreadOfAGlobalTid) {
  const auto table = query("SELECT DISTINCT globalTid / 0x1000000 % 0x1000000 AS pid, globalTid % "
                           "0x1000000 AS tid FROM CUPTI_ACTIVITY_KIND_RUNTIME ORDER BY tid");
  ASSERT_GE(table.rows.size(), 1u);
  EXPECT_EQ(std::get<std::int64_t>(table.rows[0][0]), (*run_)->processes.osPid[0]);
  EXPECT_EQ(std::get<std::int64_t>(table.rows[0][1]), (*run_)->threads.osTid[0]);
  EXPECT_EQ(number("SELECT count(*) FROM ThreadNames"), 3);
}

TEST_F(NsysViews, NvtxSummary) {
  const auto table = query(R"(
    SELECT coalesce(ne.text, sid.value) AS name, count(*) AS num, sum(ne.end - ne.start) AS total
    FROM NVTX_EVENTS AS ne LEFT JOIN StringIds AS sid ON ne.textId == sid.id
    WHERE ne.eventType IN (59, 60) AND ne.end IS NOT NULL GROUP BY 1 ORDER BY 1)");
  ASSERT_FALSE(table.rows.empty());
  EXPECT_EQ(std::get<std::string>(table.rows[0][0]), "backward");
  EXPECT_EQ(
      number("SELECT count(*) FROM NVTX_EVENTS WHERE int64Value IS NOT NULL AND eventType = 59"),
      number("SELECT count(*) FROM range WHERE payload_kind = 1"));
}

TEST_F(NsysViews, RangesAroundLaunches) {
  EXPECT_GT(number(R"(
    SELECT count(*) FROM CUPTI_ACTIVITY_KIND_RUNTIME r JOIN NVTX_EVENTS n
    ON n.eventType = 59 AND n.globalTid = r.globalTid AND n.start <= r.start AND r.start <= n.end
    WHERE n.text = 'forward')"),
            0);
}

TEST_F(NsysViews, MemoryOperationSummary) {
  const auto table = query(R"(
    SELECT mos.label, count(*), sum(m.bytes), mk.label FROM CUPTI_ACTIVITY_KIND_MEMCPY m
    JOIN ENUM_CUDA_MEMCPY_OPER mos ON mos.id = m.copyKind
    JOIN ENUM_CUDA_MEM_KIND mk ON mk.id = m.srcKind GROUP BY 1 ORDER BY 1)");
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(std::get<std::string>(table.rows[0][0]), "Device-to-Host");
  EXPECT_EQ(std::get<std::string>(table.rows[0][3]), "Device");
  EXPECT_EQ(std::get<std::string>(table.rows[1][0]), "Host-to-Device");
  EXPECT_EQ(std::get<std::string>(table.rows[1][3]), "Pinned");
  EXPECT_GT(number("SELECT sum(bytes) FROM CUPTI_ACTIVITY_KIND_MEMSET WHERE memKind = 2"), 0);
}

TEST_F(NsysViews, PageableAsynchronousCopies) {
  EXPECT_EQ(number(R"(
    SELECT count(*) FROM CUPTI_ACTIVITY_KIND_MEMCPY m
    JOIN CUPTI_ACTIVITY_KIND_RUNTIME r ON r.correlationId = m.correlationId
    JOIN StringIds s ON s.id = r.nameId
    WHERE (m.srcKind = 0 OR m.dstKind = 0) AND s.value LIKE 'cudaMemcpy%Async%')"),
            number("SELECT count(*) FROM memcpy WHERE copy_kind = 2"));
}

TEST_F(NsysViews, SynchronisationsByKind) {
  const auto table = query(R"(
    SELECT t.label, count(*) FROM CUPTI_ACTIVITY_KIND_SYNCHRONIZATION s
    JOIN ENUM_CUPTI_SYNC_TYPE t ON t.id = s.syncType GROUP BY 1 ORDER BY 1)");
  ASSERT_EQ(table.rows.size(), 3u);
  EXPECT_EQ(std::get<std::string>(table.rows[0][0]), "Context sync");
  EXPECT_EQ(number(R"(SELECT count(*) FROM CUPTI_ACTIVITY_KIND_SYNCHRONIZATION s
    JOIN CUPTI_ACTIVITY_KIND_CUDA_EVENT e ON e.eventSyncId = s.eventSyncId)"),
            number("SELECT count(*) FROM event_record"));
  EXPECT_EQ(
      number("SELECT count(*) FROM CUPTI_ACTIVITY_KIND_SYNCHRONIZATION WHERE globalPid IS NULL"),
      0);
}

TEST_F(NsysViews, CallChainsOfSynchronisations) {
  const auto table = query(R"(
    SELECT c.stackDepth, s.value, m.value FROM CUPTI_ACTIVITY_KIND_RUNTIME r
    JOIN CUDA_CALLCHAINS c ON c.id = r.callchainId
    JOIN StringIds s ON s.id = c.symbol JOIN StringIds m ON m.id = c.module
    JOIN StringIds n ON n.id = r.nameId
    WHERE n.value = 'cudaStreamSynchronize' ORDER BY r.start, c.stackDepth LIMIT 4)");
  ASSERT_EQ(table.rows.size(), 4u);
  EXPECT_EQ(std::get<std::string>(table.rows[0][1]), "at::_ops::call");
  EXPECT_EQ(std::get<std::string>(table.rows[0][2]), "libtorch_cpu.so");
  EXPECT_EQ(std::get<std::string>(table.rows[3][1]), "<module>");
}

TEST_F(NsysViews, TargetInformation) {
  EXPECT_EQ(number("SELECT smCount FROM TARGET_INFO_GPU WHERE computeMajor = 9"), 132);
  EXPECT_EQ(number("SELECT count(*) FROM TARGET_INFO_CUDA_STREAM WHERE contextId = 1"), 2);
  EXPECT_EQ(number("SELECT count(*) FROM META_DATA_EXPORT WHERE name = 'EXPORT_SCHEMA_VERSION'"),
            1);
  EXPECT_EQ(number("SELECT utcEpochNs FROM TARGET_INFO_SESSION_START_TIME"),
            1'699'999'999'000'000'000);
  EXPECT_EQ(number("SELECT duration > 0 FROM ANALYSIS_DETAILS"), 1);
  EXPECT_EQ(number("SELECT count(DISTINCT graphNodeId) FROM CUPTI_ACTIVITY_KIND_KERNEL"),
            number("SELECT count(*) FROM CUDA_GRAPH_NODE_EVENTS"));
}

} // namespace
} // namespace hotloop
