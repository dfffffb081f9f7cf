#include "tests/bench/import/made_trace.h"

#include <sqlite3.h>

#include <cstdio>

#include <fmt/format.h>

namespace hotloop::bench {

namespace {

constexpr const char *kOperators[] = {"aten::linear", "aten::addmm",     "aten::native_layer_norm",
                                      "aten::mul",    "aten::_softmax",  "aten::index_select",
                                      "aten::copy_",  "aten::empty_like"};
constexpr const char *kKernels[] = {
    "void at::native::vectorized_elementwise_kernel<4, at::native::CUDAFunctor_add<float>, "
    "at::detail::Array<char*, 3> >(int, at::native::CUDAFunctor_add<float>, "
    "at::detail::Array<char*, 3>)",
    "nvjet_sm90_tst_128x256_64x4_1x2_h_bz_coopA_TNT",
    "void at::native::(anonymous namespace)::vectorized_layer_norm_kernel<float, float, "
    "false>(int, float, float const*, float const*, float const*, float*, float*, float*)"};

// What one launch leaves in a trace: an operator, its child, the call, the kernel, the arrow.
std::string launch(std::int64_t id, double time) {
  const char *name = kOperators[id % 8];
  return fmt::format(
      R"(  {{
    "ph": "X", "cat": "cpu_op", "name": "{0}", "pid": 1957, "tid": 1957,
    "ts": {1:.3f}, "dur": 53.458,
    "args": {{
      "External id": {2},"Record function id": 0, "Sequence number": {3}, "Fwd thread id": 0, "Ev Idx": {2}
    }}
  }},
  {{
    "ph": "X", "cat": "cpu_op", "name": "aten::view", "pid": 1957, "tid": 1957,
    "ts": {4:.3f}, "dur": 1.221,
    "args": {{
      "External id": {5},"Record function id": 0, "Ev Idx": {5}
    }}
  }},
  {{
    "ph": "X", "cat": "cuda_runtime", "name": "cudaLaunchKernel", "pid": 1957, "tid": 1957,
    "ts": {6:.3f}, "dur": 5.024,
    "args": {{
      "External id": {2}, "cbid": 211, "correlation": {2}
    }}
  }},
  {{
    "ph": "s", "id": {2}, "pid": 1957, "tid": 1957, "ts": {6:.3f},
    "cat": "ac2g", "name": "ac2g"
  }},
  {{
    "ph": "X", "cat": "kernel", "name": "{7}", "pid": 0, "tid": 7,
    "ts": {8:.3f}, "dur": 4.415,
    "args": {{
      "External id": {2}, "queued": 0, "device": 0, "context": 1,
      "stream": 7, "correlation": {2},
      "registers per thread": 32,
      "shared memory": 0,
      "blocks per SM": 0.969697,
      "warps per SM": 3.878788,
      "grid": [128, 1, 1],
      "block": [128, 1, 1],
      "est. achieved occupancy %": 6
    }}
  }},
  {{
    "ph": "f", "id": {2}, "pid": 0, "tid": 7, "ts": {8:.3f},
    "cat": "ac2g", "name": "ac2g", "bp": "e"
  }},
)",
      name, time, 2 * id, id, time + 3, 2 * id + 1, time + 40, kKernels[id % 3], time + 60);
}

} // namespace

std::int64_t writeMadeTrace(const std::string &path, std::uint64_t bytes) {
  std::FILE *file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return 0;
  std::string text = R"(
{
  "schemaVersion": 1,
  "deviceProperties": [
    {"id": 0, "name": "NVIDIA H100 80GB HBM3", "totalGlobalMem": 85017493504, "computeMajor": 9, "computeMinor": 0, "numSms": 132}
  ],
  "displayTimeUnit": "ms",
  "baseTimeNanoseconds": 1790857026000000000,
  "traceEvents": [
)";
  std::uint64_t written = 0;
  std::int64_t objects = 0;
  for (std::int64_t id = 1; written + text.size() < bytes; ++id) {
    const double time = 4600943649831.653 + static_cast<double>(id) * 61.007;
    if (id % 500 == 1) {
      text += fmt::format(R"(  {{
    "ph": "X", "cat": "user_annotation", "name": "ProfilerStep#{}", "pid": 1957, "tid": 1957,
    "ts": {:.3f}, "dur": 30000.564,
    "args": {{
      "External id": 0,"Record function id": 0, "Ev Idx": 0
    }}
  }},
)",
                          id / 500, time - 1);
      ++objects;
    }
    text += launch(id, time);
    objects += 6;
    if (text.size() > (1u << 20)) {
      written += std::fwrite(text.data(), 1, text.size(), file);
      text.clear();
    }
  }
  text +=
      R"(  {"name": "Record Window End", "ph": "i", "s": "g", "pid": "", "tid": "", "ts": 4600943649831.653}
  ],
  "traceName": "made.json"
}
)";
  std::fwrite(text.data(), 1, text.size(), file);
  std::fclose(file);
  return objects + 1;
}

std::int64_t writeMadeNsys(const std::string &path, std::int64_t rows) {
  sqlite3 *db = nullptr;
  sqlite3_open(path.c_str(), &db);
  const std::int64_t third = rows / 3;
  const std::string series = fmt::format(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) ", third);
  const std::string sql =
      "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA page_size=4096; BEGIN;"
      "CREATE TABLE StringIds (id INTEGER NOT NULL PRIMARY KEY, value TEXT NOT NULL);"
      "INSERT INTO StringIds VALUES (1, 'cudaLaunchKernel_v7000'), (2, 'gemm<float>'), (3, "
      "'layer');"
      "CREATE TABLE CUPTI_ACTIVITY_KIND_RUNTIME (start INTEGER NOT NULL, end INTEGER NOT NULL, "
      "eventClass "
      "INTEGER NOT NULL, globalTid INTEGER, correlationId INTEGER, nameId INTEGER NOT NULL, "
      "returnValue "
      "INTEGER NOT NULL, callchainId INTEGER);"
      "CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INTEGER NOT NULL, end INTEGER NOT NULL, "
      "deviceId "
      "INTEGER NOT NULL, contextId INTEGER NOT NULL, streamId INTEGER NOT NULL, correlationId "
      "INTEGER, "
      "globalPid INTEGER, demangledName INTEGER NOT NULL, shortName INTEGER NOT NULL, "
      "registersPerThread "
      "INTEGER NOT NULL, gridX INTEGER, gridY INTEGER, gridZ INTEGER, blockX INTEGER, blockY "
      "INTEGER, "
      "blockZ INTEGER, staticSharedMemory INTEGER, dynamicSharedMemory INTEGER, graphNodeId "
      "INTEGER);"
      "CREATE TABLE NVTX_EVENTS (start INTEGER NOT NULL, end INTEGER, eventType INTEGER NOT NULL, "
      "globalTid "
      "INTEGER, textId INTEGER, domainId INTEGER, text TEXT);" +
      ("INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME " + series) +
      "SELECT i * 10000, i * 10000 + 5000, 0, 83886086, i, 1, 0, NULL FROM n;" +
      ("INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL " + series) +
      "SELECT i * 10000 + 6000, i * 10000 + 9000, 0, 1, 7, i, 83886080, 2, 2, 32, 128, 1, 1, 256, "
      "1, 1, 0, "
      "0, NULL FROM n;" +
      ("INSERT INTO NVTX_EVENTS " + series) +
      "SELECT i * 10000 - 10, i * 10000 + 9500, 59, 83886086, 3, 0, NULL FROM n; COMMIT;";
  char *message = nullptr;
  if (sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &message) != SQLITE_OK)
    std::fprintf(stderr, "bench: %s\n", message);
  sqlite3_close(db);
  return 3 * third;
}

} // namespace hotloop::bench
