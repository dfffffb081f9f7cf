#include <gmock/gmock.h>

#include <dlfcn.h>

#include <cstring>
#include <string>
#include <vector>

#include "collectors/cupti/activity_decoder.h"
#include "tests/unit/cupti/cuda_run.h"

// Records laid out by hand, decoded with the iteration of the fake and of NVIDIA's own library.
namespace hotloop::cupti {
namespace {

struct Taken final : ActivityOutput {
  struct One {
    ring::CudaRecordType type;
    std::vector<std::byte> bytes;
    std::string name;
  };
  std::vector<One> all;

  void record(ring::RecordHeader *record, std::uint32_t *, const char *name) override {
    const auto *begin = reinterpret_cast<const std::byte *>(record);
    all.push_back({static_cast<ring::CudaRecordType>(record->type),
                   {begin, begin + record->bytes},
                   name ? name : ""});
  }
  template <class Record> Record as(std::size_t index) const {
    Record record;
    EXPECT_EQ(all.at(index).bytes.size(), sizeof record);
    std::memcpy(&record, all.at(index).bytes.data(), sizeof record);
    return record;
  }
};

class Buffer {
public:
  template <class Activity> void add(const Activity &activity) {
    std::memcpy(data_ + bytes_, &activity, sizeof activity);
    bytes_ += sizeof activity;
  }
  std::uint8_t *data() { return data_; }
  std::size_t bytes() const { return bytes_; }

private:
  alignas(64) std::uint8_t data_[1 << 16] = {};
  std::size_t bytes_ = 0;
};

// "fake" or "real".
class ActivityDecoder : public ::testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    const bool real = std::strcmp(GetParam(), "real") == 0;
#ifdef HOTLOOP_TEST_STATIC_ONLY
    if (real) GTEST_SKIP() << "NVIDIA's library is left out under sanitizers";
#endif
    const std::string path = real ? HOTLOOP_TEST_CUPTI : testing::fakeCupti();
    void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library && real) GTEST_SKIP() << "no " << path << " here";
    ASSERT_TRUE(library) << dlerror();
    api_.cuptiActivityGetNextRecord = reinterpret_cast<decltype(api_.cuptiActivityGetNextRecord)>(
        dlsym(library, "cuptiActivityGetNextRecord"));
    ASSERT_TRUE(api_.cuptiActivityGetNextRecord);
  }
  DecodeCounts decode(Buffer &buffer) {
    return decodeActivities(api_, buffer.data(), buffer.bytes(), taken_);
  }

  CuptiApi api_;
  Taken taken_;
};

CUpti_ActivityKernel10 kernel(const char *name) {
  CUpti_ActivityKernel10 record{};
  record.kind = CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL;
  record.start = 1000;
  record.end = 3000;
  record.deviceId = 1;
  record.contextId = 2;
  record.streamId = 3;
  record.correlationId = 4;
  record.gridX = 5;
  record.gridY = 6;
  record.gridZ = 7;
  record.blockX = 1024;
  record.blockY = 1;
  record.blockZ = 1;
  record.staticSharedMemory = 16;
  record.dynamicSharedMemory = 228 * 1024;
  record.registersPerThread = 255;
  record.graphId = 8;
  record.graphNodeId = std::uint64_t(1) << 40;
  record.name = name;
  return record;
}

TEST_P(ActivityDecoder, EmptyBuffer) {
  Buffer buffer;
  const DecodeCounts counts = decode(buffer);
  EXPECT_EQ(counts.unknown, 0u);
  EXPECT_TRUE(taken_.all.empty());
}

TEST_P(ActivityDecoder, Kernels) {
  Buffer buffer;
  buffer.add(kernel("_Z5alphav"));
  CUpti_ActivityKernel10 open = kernel("_Z4betav");
  open.start = open.end = 0;
  buffer.add(open);
  EXPECT_EQ(decode(buffer).noTime, 1u);
  ASSERT_EQ(taken_.all.size(), 2u);
  EXPECT_EQ(taken_.all[0].name, "_Z5alphav");
  const auto record = taken_.as<ring::CudaKernelRecord>(0);
  EXPECT_EQ(record.start, 1000u);
  EXPECT_EQ(record.end, 3000u);
  EXPECT_EQ(record.device, 1);
  EXPECT_EQ(record.context, 2u);
  EXPECT_EQ(record.stream, 3u);
  EXPECT_EQ(record.correlation, 4u);
  EXPECT_EQ(record.grid[2], 7u);
  EXPECT_EQ(record.block[0], 1024);
  EXPECT_EQ(record.dynamicShared, 228u * 1024);
  EXPECT_EQ(record.registers, 255);
  EXPECT_EQ(record.graph, 8u);
  EXPECT_EQ(record.graphNode, std::uint64_t(1) << 40);
}

TEST_P(ActivityDecoder, CopiesFillsSyncsMemory) {
  Buffer buffer;
  CUpti_ActivityMemcpy6 copy{};
  copy.kind = CUPTI_ACTIVITY_KIND_MEMCPY;
  copy.copyKind = 1;
  copy.srcKind = 1;
  copy.dstKind = 3;
  copy.flags = CUPTI_ACTIVITY_FLAG_MEMCPY_ASYNC;
  copy.bytes = 77;
  copy.start = 5;
  copy.end = 9;
  buffer.add(copy);
  CUpti_ActivityMemcpyPtoP4 peer{};
  peer.kind = CUPTI_ACTIVITY_KIND_MEMCPY2;
  peer.copyKind = 10;
  peer.start = 5;
  peer.end = 9;
  buffer.add(peer);
  CUpti_ActivityMemset4 fill{};
  fill.kind = CUPTI_ACTIVITY_KIND_MEMSET;
  fill.value = 0xff;
  fill.bytes = 12;
  fill.start = 5;
  fill.end = 9;
  buffer.add(fill);
  CUpti_ActivitySynchronization2 sync{};
  sync.kind = CUPTI_ACTIVITY_KIND_SYNCHRONIZATION;
  sync.type = CUPTI_ACTIVITY_SYNCHRONIZATION_TYPE_STREAM_WAIT_EVENT;
  sync.cudaEventId = CUPTI_SYNCHRONIZATION_INVALID_VALUE;
  sync.streamId = CUPTI_SYNCHRONIZATION_INVALID_VALUE;
  sync.cudaEventSyncId = 99;
  buffer.add(sync);
  CUpti_ActivityMemory4 memory{};
  memory.kind = CUPTI_ACTIVITY_KIND_MEMORY2;
  memory.memoryOperationType = CUPTI_ACTIVITY_MEMORY_OPERATION_TYPE_RELEASE;
  memory.memoryKind = CUPTI_ACTIVITY_MEMORY_KIND_PINNED;
  memory.address = 0xabc;
  memory.bytes = 4096;
  memory.isAsync = 1;
  buffer.add(memory);
  memory.memoryKind = CUPTI_ACTIVITY_MEMORY_KIND_DEVICE_STATIC;
  buffer.add(memory);

  const DecodeCounts counts = decode(buffer);
  EXPECT_EQ(counts.dropped, 1u);
  EXPECT_EQ(counts.unknown, 0u);
  ASSERT_EQ(taken_.all.size(), 5u);
  const auto copied = taken_.as<ring::CudaMemcpyRecord>(0);
  EXPECT_EQ(copied.bytes, 77u);
  EXPECT_EQ(copied.sourceKind, 1);
  EXPECT_EQ(copied.async, 1);
  EXPECT_EQ(taken_.as<ring::CudaMemcpyRecord>(1).copyKind, 10);
  EXPECT_EQ(taken_.as<ring::CudaMemsetRecord>(2).value, 0xffu);
  const auto waited = taken_.as<ring::CudaSyncRecord>(3);
  EXPECT_EQ(waited.kind, 2u);
  EXPECT_EQ(waited.event, 0u);
  EXPECT_EQ(waited.stream, ring::kNoStream);
  EXPECT_EQ(waited.eventSync, 99u);
  const auto freed = taken_.as<ring::CudaMemoryRecord>(4);
  EXPECT_EQ(freed.operation, 2);
  EXPECT_EQ(freed.memoryKind, 2);
  EXPECT_EQ(freed.async, 1);
}

TEST_P(ActivityDecoder, OddValuesAreCutNotWrapped) {
  Buffer buffer;
  CUpti_ActivityKernel10 odd = kernel(nullptr);
  odd.gridX = -5;
  odd.blockX = 1 << 20;
  odd.deviceId = 1 << 20;
  buffer.add(odd);
  decode(buffer);
  ASSERT_EQ(taken_.all.size(), 1u);
  const auto record = taken_.as<ring::CudaKernelRecord>(0);
  EXPECT_EQ(record.grid[0], 0u);
  EXPECT_EQ(record.block[0], 0xffff);
  EXPECT_EQ(record.device, 0xffff);
  EXPECT_EQ(taken_.all[0].name, "");
}

INSTANTIATE_TEST_SUITE_P(Iterations, ActivityDecoder, ::testing::Values("fake", "real"));

} // namespace
} // namespace hotloop::cupti
