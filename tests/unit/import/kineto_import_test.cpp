#include "collectors/import/kineto/kineto_import.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/unit/import/import_files.h"

namespace hotloop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kSmall = R"json({
 "schemaVersion": 1, "distributedInfo": {"rank": 3, "world_size": 8}, "cuda_runtime_version": 12040,
 "deviceProperties": [{"id": 0, "name": "NVIDIA H100", "totalGlobalMem": 85, "computeMajor": 9, "computeMinor": 0, "numSms": 132}],
 "baseTimeNanoseconds": 1790000000000000000,
 "traceEvents": [
 {"ph": "M", "name": "process_name", "pid": 11, "tid": 0, "args": {"name": "python"}},
 {"ph": "M", "name": "thread_name", "pid": 11, "tid": 12, "args": {"name": "loader"}},
 {"ph": "X", "cat": "user_annotation", "name": "ProfilerStep#4", "pid": 11, "tid": 11, "ts": 100.000, "dur": 90.5},
 {"ph": "X", "cat": "cpu_op", "name": "aten::mm", "pid": 11, "tid": 11, "ts": 101.5, "dur": 20, "args": {"Sequence number": 17, "Fwd thread id": 0, "External id": 5}},
 {"ph": "X", "cat": "cpu_op", "name": "MmBackward0", "pid": 11, "tid": 12, "ts": 140, "dur": 20, "args": {"Sequence number": 17, "Fwd thread id": 1}},
 {"ph": "X", "cat": "python_function", "name": "train.py(12): main", "pid": 11, "tid": 11, "ts": 99, "dur": 95, "args": {"Python id": 1}},
 {"ph": "X", "cat": "python_function", "name": "torch/nn/modules/module.py(9): _call", "pid": 11, "tid": 11, "ts": 100, "dur": 90, "args": {}},
 {"ph": "X", "cat": "cuda_runtime", "name": "cudaLaunchKernel", "pid": 11, "tid": 11, "ts": 102, "dur": 5.25, "args": {"cbid": 211, "correlation": 70}},
 {"ph": "X", "cat": "cuda_runtime", "name": "cudaMemcpyAsync", "pid": 11, "tid": 11, "ts": 109, "dur": 2, "args": {"cbid": 41, "correlation": 71}},
 {"ph": "X", "cat": "cuda_runtime", "name": "cudaStreamSynchronize", "pid": 11, "tid": 11, "ts": 112, "dur": 8, "args": {"cbid": 131, "correlation": 72}},
 {"ph": "X", "cat": "kernel", "name": "gemm<float>", "pid": 0, "tid": 7, "ts": 105.001, "dur": 6.5, "args": {"device": 0, "context": 1, "stream": 7, "correlation": 70, "registers per thread": 32, "shared memory": 1024, "grid": [4, 2, 1], "block": [128, 1, 1], "graph node id": 9}},
 {"ph": "X", "cat": "gpu_memcpy", "name": "Memcpy DtoH (Device -> Pageable)", "pid": 0, "tid": 7, "ts": 113, "dur": 1, "args": {"device": 0, "context": 1, "stream": 7, "correlation": 71, "bytes": 4}},
 {"ph": "X", "cat": "gpu_memset", "name": "Memset (Device)", "pid": 0, "tid": 7, "ts": 115, "dur": 1, "args": {"device": 0, "context": 1, "stream": 7, "correlation": 99, "bytes": 64}},
 {"ph": "i", "cat": "cpu_instant_event", "s": "t", "name": "[memory]", "pid": 11, "tid": 11, "ts": 103, "args": {"Bytes": -512, "Addr": 4096, "Device Type": 1, "Device Id": 0, "Total Allocated": 100, "Total Reserved": 200}},
 {"ph": "s", "id": 70, "pid": 11, "tid": 11, "ts": 102, "cat": "ac2g", "name": "ac2g"},
 {"ph": "X", "cat": "mystery", "name": "x", "pid": 11, "tid": 11, "ts": 1, "dur": 1}
 ],
 "traceName": "t.json"
})json";

class KinetoImport : public ImportFiles {};

TEST_F(KinetoImport, ReadsEveryKindOfEvent) {
  const TraceView trace = view(write("t.json", kSmall));
  const auto &ops = trace->ops;
  ASSERT_EQ(ops.start.size(), 5u);
  std::size_t backward = 0, main = 0, library = 0, mm = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    const std::string_view name = trace.text(ops.name[i]);
    if (name == "MmBackward0") backward = i;
    if (name == "aten::mm") mm = i;
    if (name.starts_with("train.py")) main = i;
    if (name.starts_with("torch/")) library = i;
  }
  EXPECT_EQ(ops.scope[backward], OpScope::kBackwardFunction);
  EXPECT_EQ(ops.sequence[mm], 17);
  EXPECT_EQ(ops.start[mm].count, 101'500);
  EXPECT_EQ(ops.scope[main], OpScope::kOther);
  EXPECT_FALSE(ops.location[library]);
  const std::size_t frame = ops.location[main].value - 1;
  EXPECT_EQ(trace.text(trace->frames.file[frame]), "train.py");
  EXPECT_EQ(trace->frames.line[frame], 12u);
  EXPECT_EQ(trace.text(trace->frames.function[frame]), "main");

  ASSERT_EQ(trace->kernels.start.size(), 1u);
  EXPECT_EQ(trace->kernels.start[0].count, 105'001);
  EXPECT_EQ(trace->kernels.duration[0].count, 6'500);
  EXPECT_EQ(trace->kernels.gridX[0], 4u);
  EXPECT_EQ(trace->kernels.gridY[0], 2u);
  EXPECT_EQ(trace->kernels.blockX[0], 128u);
  EXPECT_EQ(trace->kernels.graphNode[0], 9u);
  EXPECT_EQ(trace->kernels.dynamicShared[0], 1024u);
  ASSERT_EQ(trace->memcpys.start.size(), 1u);
  EXPECT_EQ(trace->memcpys.copyKind[0], 2);
  EXPECT_EQ(trace->memcpys.sourceKind[0], 3);
  EXPECT_EQ(trace->memcpys.destinationKind[0], 1);
  EXPECT_EQ(trace->memcpys.bytes[0], 4u);
  EXPECT_TRUE(trace->memcpys.async[0]);
  ASSERT_EQ(trace->syncs.start.size(), 1u);
  EXPECT_EQ(trace->syncs.kind[0], 3);
  EXPECT_EQ(trace->syncs.duration[0].count, 8'000);
  ASSERT_EQ(trace->allocations.start.size(), 1u);
  EXPECT_EQ(trace->allocations.action[0], AllocationAction::kFree);
  EXPECT_EQ(trace->allocations.bytes[0], 512);
  EXPECT_EQ(trace->allocations.totalReserved[0], 200);

  EXPECT_EQ(trace->devices.multiprocessors[0], 132u);
  EXPECT_EQ(trace->processes.rank[0], 3);
  EXPECT_EQ(trace.text(trace->processes.name[0]), "python");
  EXPECT_EQ(trace.text(trace->threads.name[1]), "loader");
  EXPECT_EQ(trace->streams.cudaStream[0], 7u);
  EXPECT_EQ(trace.meta("cuda_version"), "12.4");
  EXPECT_EQ(trace.meta("start_realtime"), "1790000000000099000");
  EXPECT_EQ(quality(trace, "import_orphans"), 1); // the memset
  EXPECT_EQ(quality(trace, "import_unknown_categories"), 1);
  EXPECT_EQ(quality(trace, "import_not_kept"), 1);
  EXPECT_EQ(quality(trace, "import_syncs_from_calls"), 1);
}

// Calls and work without correlation ids, joined by arrows alone, in the order of Kineto and with
// all arrows at the end; what no arrow touches stays an orphan without an id.
TEST_F(KinetoImport, ArrowsGiveTheIdsThatAreMissing) {
  constexpr std::string_view kCall =
      R"j({"ph": "X", "cat": "cuda_runtime", "name": "cudaLaunchKernel", "pid": 11, "tid": 11, "ts": 102.5, "dur": 5, "args": {}},)j";
  constexpr std::string_view kBegin =
      R"j({"ph": "s", "id": 70, "pid": 11, "tid": 11, "ts": 102.5, "cat": "ac2g", "name": "ac2g"},)j";
  constexpr std::string_view kKernel =
      R"j({"ph": "X", "cat": "kernel", "name": "gemm", "pid": 0, "tid": 7, "ts": 110, "dur": 6, "args": {"stream": 7}},)j";
  constexpr std::string_view kEnd =
      R"j({"ph": "f", "id": 70, "pid": 0, "tid": 7, "ts": 110, "cat": "ac2g", "name": "ac2g", "bp": "e"},)j";
  constexpr std::string_view kRest =
      R"j({"ph": "X", "cat": "gpu_memcpy", "name": "Memcpy HtoD (Pageable -> Device)", "pid": 0, "tid": 7, "ts": 120, "dur": 1, "args": {"bytes": 4}},
         {"ph": "s", "id": 9, "pid": 11, "tid": 11, "ts": 102.5, "cat": "fwdbwd", "name": "fwdbwd"})j";
  for (const std::string &events :
       {fmt::format("{}{}{}{}{}", kCall, kBegin, kKernel, kEnd, kRest),
        fmt::format("{}{}{}{}{}", kKernel, kCall, kEnd, kBegin, kRest)}) {
    const TraceView trace = view(write("t.json", "[" + events + "]"));
    ASSERT_EQ(trace->apis.start.size(), 1u);
    ASSERT_EQ(trace->kernels.start.size(), 1u);
    EXPECT_EQ(trace->apis.correlation[0], 70u);
    EXPECT_EQ(trace->kernels.correlation[0], 70u);
    ASSERT_EQ(trace->memcpys.start.size(), 1u);
    EXPECT_EQ(trace->memcpys.correlation[0], 0u);
    EXPECT_EQ(quality(trace, "import_ids_from_flows"), 2);
  }
}

TEST_F(KinetoImport, IsTheSameCompressedAndAsABareArray) {
  const std::size_t array = kSmall.find("[\n {\"ph\": \"M\"");
  const std::string bare(kSmall.substr(array, kSmall.rfind(']') + 1 - array));
  for (const std::string &file : {writeGzip("t.gz", kSmall), write("bare", bare)}) {
    const TraceView trace = view(file);
    EXPECT_EQ(trace->ops.start.size(), 5u) << file;
    EXPECT_EQ(trace->kernels.start.size(), 1u) << file;
  }
}

TEST_F(KinetoImport, KeepsWhatIsWholeOfABrokenFile) {
  std::size_t most = 0;
  for (std::size_t length = 40; length < kSmall.size(); length += 37) {
    const auto trace = importView(write("t.json", kSmall.substr(0, length)));
    if (!trace) {
      EXPECT_THAT(trace.error().message, HasSubstr("t.json"));
      continue;
    }
    EXPECT_EQ(quality(*trace, "import_truncated"), 1) << length;
    const std::size_t events = (*trace)->ops.start.size() + (*trace)->apis.start.size();
    EXPECT_GE(events, most);
    most = events;
  }
  EXPECT_EQ(most, 8u);
}

TEST_F(KinetoImport, ReadsObjectsThatAreNoJson) {
  const std::string text =
      std::string(R"({"schemaVersion": 1, "traceEvents": [)") +
      R"({"ph": "X", "cat": "cpu_op", "name": "a", "pid": 1, "tid": 1, "ts": 1, "dur": 1, "args": {"est. achieved occupancy %": nan, "x": -Infinity}},)"
      R"({"ph": "X", "cat": "cpu_op", "name": "b)" +
      "\n\xff" +
      R"(", "pid": 1, "tid": 1, "ts": 3, "dur": NaN},)"
      R"({"ph": "X", "cat": "cpu_op", "name": "c", "pid": 1, "tid": 1, "ts": 5, "dur": 1} {"ph": "X"},)"
      R"(17, {"ph": "X", "cat": "cpu_op", "name": "d", "pid": 1, "tid": 1, "ts": 7, "dur": 1},)"
      R"({"ph": "X", "cat": "cpu_op", "name": "no time", "pid": 1, "tid": 1, "ts": Infinity}]})";
  const TraceView trace = view(write("t.json", text));
  std::vector<std::string> names;
  for (const StringId name : trace->ops.name) names.emplace_back(trace.text(name));
  EXPECT_THAT(names, ElementsAre("a", "b\n\xff", "c", "d"));
  EXPECT_EQ(quality(trace, "import_non_finite"), 3);
  EXPECT_GE(quality(trace, "import_no_json"), 1);
  EXPECT_EQ(quality(trace, "import_no_time"), 1);
  EXPECT_GE(quality(trace, "import_skipped_events"), 1);
}

TEST_F(KinetoImport, SaysWhatIsNoTrace) {
  EXPECT_THAT(failure(write("a", "{\"name\": \"x\"}")), HasSubstr("traceEvents"));
  EXPECT_THAT(failure(write("b", "hello")), HasSubstr("no format that hotloop reads"));
  EXPECT_THAT(failure(write("c", "{oops}")), HasSubstr("byte 1"));
}

TEST_F(KinetoImport, MemoryDoesNotFollowTheLengthOfAnything) {
  // An event of 70 MB is refused with its place; deep nesting is no recursion.
  std::string huge = R"({"traceEvents": [{"ph": "X", "name": ")" + std::string(70u << 20, 'x');
  EXPECT_THAT(failure(write("huge", huge)), HasSubstr("larger than 64 MiB"));
  std::string deep =
      R"({"traceEvents": [{"ph": "X", "cat": "cpu_op", "name": "a", "pid": 1, "tid": 1, "ts": 1, "dur": 1, "args": )" +
      std::string(100'000, '[') + std::string(100'000, ']') + "}]}";
  EXPECT_EQ(view(write("deep", deep))->ops.start.size(), 1u);
}

TEST_F(KinetoImport, ManyChunksGiveEveryEventOnce) {
  std::string text = R"({"schemaVersion": 1, "traceEvents": [)";
  constexpr int kEvents = 40'000; // several MB: the buffer wraps
  for (int i = 0; i < kEvents; ++i)
    text += fmt::format(
        R"({}{{"ph": "X", "cat": "cpu_op", "name": "op{}", "pid": 1, "tid": 1, "ts": {}, "dur": 1, "args": {{"Sequence number": {}, "note": "{}"}}}})",
        i == 0 ? "" : ",\n", i % 7, i * 2, i, std::string(static_cast<std::size_t>(i % 211), '}'));
  const TraceView trace = view(write("t.json", text + "]}"));
  ASSERT_EQ(trace->ops.start.size(), static_cast<std::size_t>(kEvents));
  for (int i = 0; i < kEvents; ++i) {
    ASSERT_EQ(trace->ops.sequence[static_cast<std::size_t>(i)], i);
    ASSERT_EQ(trace->ops.start[static_cast<std::size_t>(i)].count, i * 2000);
  }
  EXPECT_EQ(quality(trace, "import_skipped_events"), 0);
  EXPECT_EQ(quality(trace, "import_no_json"), 0);
}

} // namespace
} // namespace hotloop
