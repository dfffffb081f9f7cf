#include "collectors/import/nsys/nsys_import.h"

#include <sqlite3.h>

#include <gmock/gmock.h>

#include "tests/unit/import/import_files.h"

namespace hotloop {
namespace {

using testing::HasSubstr;

// Ids of process 5, thread 6.
constexpr const char *kTables = R"sql(
CREATE TABLE StringIds (id INTEGER PRIMARY KEY, value TEXT);
INSERT INTO StringIds VALUES (1, 'cudaMemcpyAsync_v3020'), (2, 'cudaStreamSynchronize'), (3, 'gemm<float>'),
  (4, 'main'), (5, '/bin/program'), (6, 'layer');
CREATE TABLE META_DATA_EXPORT (name TEXT, value TEXT);
INSERT INTO META_DATA_EXPORT VALUES ('EXPORT_SCHEMA_VERSION', '3.7.2'), ('EXPORT_PRODUCT_VERSION', '2023.4');
CREATE TABLE TARGET_INFO_SESSION_START_TIME (utcEpochNs INTEGER);
INSERT INTO TARGET_INFO_SESSION_START_TIME VALUES (1700000000000000000);
CREATE TABLE CUPTI_ACTIVITY_KIND_RUNTIME (start INT, end INT, eventClass INT, globalTid INT, correlationId INT,
  nameId INT, returnValue INT, callchainId INT);
INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES (100, 150, 0, 83886086, 9, 1, 0, 1), (160, 300, 0, 83886086, 10, 2, 0, NULL);
CREATE TABLE CUDA_CALLCHAINS (id INT, symbol INT, module INT, unresolved INT, originalIP INT, stackDepth INT);
INSERT INTO CUDA_CALLCHAINS VALUES (1, 4, 5, 0, 4096, 0);
CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INT, end INT, deviceId INT, contextId INT, streamId INT,
  correlationId INT, globalPid INT, demangledName INT, shortName INT, gridX INT, gridY INT, gridZ INT);
INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (200, 260, 0, 1, 7, 8, 83886080, 3, 3, 4, 1, 1);
CREATE TABLE CUPTI_ACTIVITY_KIND_MEMCPY (start INT, end INT, deviceId INT, contextId INT, streamId INT,
  correlationId INT, globalPid INT, bytes INT, copyKind INT, srcKind INT, dstKind INT);
INSERT INTO CUPTI_ACTIVITY_KIND_MEMCPY VALUES (270, 290, 0, 1, 7, 9, 83886080, 64, 2, 2, 0);
CREATE TABLE NVTX_EVENTS (start INT, end INT, eventType INT, globalTid INT, domainId INT, text TEXT, textId INT, int64Value INT);
INSERT INTO NVTX_EVENTS VALUES (90, 310, 59, 83886086, 0, NULL, 6, 42), (0, NULL, 75, 83886080, 3, 'mine', NULL, NULL),
  (95, NULL, 34, 83886086, 3, 'mark', NULL, NULL);
CREATE TABLE OSRT_API (start INT, end INT);
INSERT INTO OSRT_API VALUES (1, 2), (3, 4);
)sql";

class NsysImport : public ImportFiles {
protected:
  std::string database(const std::string &more = {}) {
    sqlite3 *db = nullptr;
    const std::string file = path("report.sqlite");
    EXPECT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
    char *message = nullptr;
    EXPECT_EQ(sqlite3_exec(db, (kTables + more).c_str(), nullptr, nullptr, &message), SQLITE_OK)
        << message;
    sqlite3_close(db);
    return file;
  }
};

TEST_F(NsysImport, ReadsTablesWithTheColumnsThatAreThere) {
  const TraceView trace = view(database());
  ASSERT_EQ(trace->apis.start.size(), 2u);
  EXPECT_EQ(trace.text(trace->apis.name[0]), "cudaMemcpyAsync");
  EXPECT_EQ(trace->apis.duration[0].count, 50);
  const std::size_t leaf = trace->apis.stack[0].value - 1;
  EXPECT_EQ(trace.text(trace->frames.function[trace->stacks.frame[leaf].value - 1]), "main");
  EXPECT_EQ(trace->threads.osTid[0], 6u);
  EXPECT_EQ(trace->processes.osPid[0], 5u);
  ASSERT_EQ(trace->kernels.start.size(), 1u);
  EXPECT_EQ(trace.text(trace->kernels.name[0]), "gemm<float>");
  EXPECT_EQ(trace->kernels.gridX[0], 4u);
  ASSERT_EQ(trace->memcpys.start.size(), 1u);
  EXPECT_EQ(trace->memcpys.sourceKind[0], 3);      // nsys counts from 0
  EXPECT_EQ(trace->memcpys.destinationKind[0], 1); // pageable
  EXPECT_TRUE(trace->memcpys.async[0]);
  ASSERT_EQ(trace->syncs.start.size(), 1u); // no table of waits: from the call
  EXPECT_EQ(trace->syncs.kind[0], 3);
  ASSERT_EQ(trace->ranges.start.size(), 2u);
  EXPECT_EQ(trace.text(trace->ranges.name[0]), "layer");
  EXPECT_EQ(trace->ranges.payloadInteger[0], 42);
  EXPECT_EQ(trace.text(trace->ranges.domain[1]), "mine");
  EXPECT_EQ(trace->ranges.kind[1], RangeKind::kMark);
  EXPECT_EQ(quality(trace, "import_not_kept"), 2);
  EXPECT_EQ(trace.meta("start_realtime"), "1700000000000000090");
}

TEST_F(NsysImport, TakesKindsByTheirNames) {
  const TraceView trace = view(
      database("CREATE TABLE ENUM_CUDA_MEM_KIND (id INT, name TEXT, label TEXT);"
               "INSERT INTO ENUM_CUDA_MEM_KIND VALUES (0, 'CUDA_MEMOPR_MEMORY_KIND_PINNED', ''),"
               " (2, 'CUDA_MEMOPR_MEMORY_KIND_DEVICE_STATIC', '');"
               "CREATE TABLE CUPTI_ACTIVITY_KIND_SYNCHRONIZATION (start INT, end INT, "
               "correlationId INT, globalPid INT, syncType INT);"
               "CREATE TABLE ENUM_CUPTI_SYNC_TYPE (id INT, name TEXT);"
               "INSERT INTO ENUM_CUPTI_SYNC_TYPE VALUES (8, 'X_TYPE_STREAM_WAIT_EVENT'), (9, "
               "'X_TYPE_CONTEXT_SYNCHRONIZE');"
               "INSERT INTO CUPTI_ACTIVITY_KIND_SYNCHRONIZATION VALUES (160, 300, 10, 83886080, "
               "9), (310, 311, 11, 83886080, 8);"));
  EXPECT_EQ(trace->memcpys.destinationKind[0], 2);
  EXPECT_EQ(trace->memcpys.sourceKind[0], 6);
  ASSERT_EQ(trace->syncs.kind.size(), 2u);
  EXPECT_EQ(trace->syncs.kind[0], 4);
  EXPECT_TRUE(trace->syncs.lane[0]); // by the call
  EXPECT_EQ(trace->syncs.kind[1], 2);
}

TEST_F(NsysImport, NeverTouchesViews) {
  const TraceView trace = view(database(
      "DROP TABLE OSRT_API; CREATE VIEW OSRT_API AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL "
      "SELECT x + 1 FROM c) SELECT x AS start FROM c;"
      "CREATE VIEW CUPTI_ACTIVITY_KIND_MEMSET AS SELECT * FROM OSRT_API;"));
  EXPECT_EQ(trace->memsets.start.size(), 0u);
  EXPECT_EQ(trace->kernels.start.size(), 1u);
}

TEST_F(NsysImport, SaysWhatIsNoExport) {
  sqlite3 *db = nullptr;
  ASSERT_EQ(sqlite3_open(path("other.sqlite").c_str(), &db), SQLITE_OK);
  sqlite3_exec(db, "CREATE TABLE t (a)", nullptr, nullptr, nullptr);
  sqlite3_close(db);
  EXPECT_THAT(failure(path("other.sqlite")), HasSubstr("nor an export of Nsight Systems"));
}

} // namespace
} // namespace hotloop
