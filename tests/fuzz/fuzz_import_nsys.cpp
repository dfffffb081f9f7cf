// Damaged and hostile SQLite exports: bytes of the file, columns that are absent or of other types,
// views, virtual tables and triggers in place of tables, numbers that fit nowhere.

#include <sqlite3.h>

#include <cstdio>

#include "tests/fuzz/import_target.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/plain_sqlite.h"

namespace hotloop::fuzz {

namespace {

using test_support::Random;

struct TableSeed {
  const char *name;
  std::vector<const char *> columns;
};

const std::vector<TableSeed> &tables() {
  static const std::vector<TableSeed> list = {
      {"StringIds", {"id", "value"}},
      {"PROCESSES", {"globalPid", "pid", "name"}},
      {"ThreadNames", {"nameId", "priority", "globalTid"}},
      {"META_DATA_EXPORT", {"name", "value"}},
      {"TARGET_INFO_GPU", {"id", "name", "uuid", "computeMajor", "smCount", "totalMemory"}},
      {"TARGET_INFO_CUDA_DEVICE", {"gpuId", "cudaId", "pid"}},
      {"TARGET_INFO_SESSION_START_TIME", {"utcEpochNs"}},
      {"CUPTI_ACTIVITY_KIND_RUNTIME",
       {"start", "end", "eventClass", "globalTid", "correlationId", "nameId", "returnValue",
        "callchainId"}},
      {"CUPTI_ACTIVITY_KIND_KERNEL",
       {"start", "end", "deviceId", "contextId", "streamId", "correlationId", "globalPid",
        "demangledName", "shortName", "gridX", "blockX", "graphNodeId"}},
      {"CUPTI_ACTIVITY_KIND_MEMCPY",
       {"start", "end", "deviceId", "contextId", "streamId", "correlationId", "globalPid", "bytes",
        "copyKind", "srcKind", "dstKind"}},
      {"CUPTI_ACTIVITY_KIND_MEMSET",
       {"start", "end", "deviceId", "contextId", "streamId", "correlationId", "globalPid", "bytes",
        "value", "memKind"}},
      {"CUPTI_ACTIVITY_KIND_SYNCHRONIZATION",
       {"start", "end", "deviceId", "contextId", "streamId", "correlationId", "globalPid",
        "syncType", "eventId", "eventSyncId"}},
      {"CUDA_CALLCHAINS", {"id", "stackDepth", "symbol", "module", "originalIP"}},
      {"CUDA_GPU_MEMORY_USAGE_EVENTS",
       {"start", "globalPid", "deviceId", "address", "bytes", "memKind", "memoryOperationType"}},
      {"NVTX_EVENTS",
       {"start", "end", "eventType", "globalTid", "domainId", "text", "textId", "int64Value"}},
      {"ENUM_CUDA_MEM_KIND", {"id", "name", "label"}},
      {"ENUM_CUPTI_SYNC_TYPE", {"id", "name", "label"}},
      {"DIAGNOSTIC_EVENT", {"severity", "text"}},
      {"OSRT_API", {"start", "end"}},
  };
  return list;
}

std::string cell(Random &random) {
  switch (random.below(14)) {
  case 0: return "NULL";
  case 1: return "9223372036854775807";
  case 2: return "-9223372036854775807";
  case 3: return "1e300";
  case 4: return "'cudaMemcpyAsync_v3020'";
  case 5: return "'CUDA_MEMOPR_MEMORY_KIND_PAGEABLE'";
  case 6: return "zeroblob(" + std::to_string(random.below(3000)) + ")";
  case 7: return "x'ff00fe'";
  case 8: return std::to_string(random.next() >> 8);
  case 9: return std::to_string(59 + random.below(2));
  default: return std::to_string(random.below(40));
  }
}

class NsysTarget final : public Target {
public:
  std::string run(Random &random) override {
    std::remove(probe_.path().c_str());
    sqlite3 *db = nullptr;
    if (sqlite3_open(probe_.path().c_str(), &db) == SQLITE_OK) {
      std::string sql = "PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF; PRAGMA page_size=512;"
                        "BEGIN;";
      for (const TableSeed &table : tables()) sql += tableSql(table, random);
      sqlite3_exec(db, (sql + "COMMIT;").c_str(), nullptr, nullptr, nullptr);
    }
    sqlite3_close(db);
    if (random.below(2) == 0) return probe_.checkFile();
    std::string bytes = readSeed(probe_.path());
    for (std::uint64_t i = random.below(24); i > 0 && !bytes.empty(); --i)
      bytes[random.below(bytes.size())] = static_cast<char>(random.next());
    if (random.below(6) == 0) bytes.resize(random.below(bytes.size() + 1));
    if (random.below(10) == 0) bytes = gzipped(bytes, false);
    return probe_.check(bytes);
  }

private:
  static std::string tableSql(const TableSeed &table, Random &random) {
    const std::string name = table.name;
    const std::uint64_t kind = random.below(24);
    if (kind == 0) return "";
    if (kind == 1)
      return "CREATE VIEW " + name +
             " AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 "
             "FROM c) SELECT x AS start, x AS id FROM c;";
    std::string sql = "CREATE TABLE " + name + " (";
    std::size_t columns = 0;
    for (const char *column : table.columns)
      if (random.below(12) != 0) sql += (columns++ == 0 ? "" : ", ") + std::string(column);
    if (columns == 0) return "";
    if (kind == 2) sql += ", g AS (abs(-1))";
    sql += ");";
    for (std::uint64_t row = random.below(5); row > 0; --row) {
      sql += "INSERT INTO " + name + " VALUES (";
      for (std::size_t i = 0; i < columns; ++i) sql += (i == 0 ? "" : ", ") + cell(random);
      sql += ");";
    }
    return sql;
  }

  ImportProbe probe_;
};

} // namespace

std::unique_ptr<Target> makeTarget() {
  usePlainSqlite();
  return std::make_unique<NsysTarget>();
}

} // namespace hotloop::fuzz
