#include <gmock/gmock.h>

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "collectors/cupti/activity_decoder.h"
#include "tests/unit/cupti/cuda_run.h"
#include "tests/unit/cupti/raw_file.h"

// Buffers of a real GPU (fixtures/*.cupti, by `tools/gpu_check run --only raw`) through the
// decoder: what comes out is what fixtures/*.txt says. HOTLOOP_REBASE=1 writes those anew.
namespace hotloop {
namespace {

namespace fs = std::filesystem;
using ring::CudaRecordType;

struct Summary final : cupti::ActivityOutput {
  std::map<std::string, std::uint64_t> lines;
  std::uint64_t records = 0;

  template <class Record> static const Record &as(const ring::RecordHeader *header) {
    EXPECT_EQ(header->bytes, sizeof(Record));
    return *reinterpret_cast<const Record *>(header);
  }
  template <class Record> static std::string span(const Record &record) {
    return record.start > 0 && record.end >= record.start ? "" : " WITHOUT TIMES";
  }

  void record(ring::RecordHeader *header, std::uint32_t *, const char *name) override {
    ++records;
    ++lines[describe(header, name ? name : "(no name)")];
  }

  std::string describe(const ring::RecordHeader *header, const std::string &name) {
    std::ostringstream text;
    switch (static_cast<CudaRecordType>(header->type)) {
    case CudaRecordType::kKernel: {
      const auto &kernel = as<ring::CudaKernelRecord>(header);
      text << "kernel " << name << (kernel.graphNode ? " in a graph" : "") << " grid "
           << kernel.grid[0] << " block " << kernel.block[0] << span(kernel);
      break;
    }
    case CudaRecordType::kMemcpy: {
      const auto &copy = as<ring::CudaMemcpyRecord>(header);
      text << "memcpy kind " << int(copy.copyKind) << " from " << int(copy.sourceKind) << " to "
           << int(copy.destinationKind) << " bytes " << copy.bytes << span(copy);
      break;
    }
    case CudaRecordType::kMemset: {
      const auto &fill = as<ring::CudaMemsetRecord>(header);
      text << "memset bytes " << fill.bytes << (fill.graphNode ? " in a graph" : "") << span(fill);
      break;
    }
    case CudaRecordType::kSync: {
      const auto &sync = as<ring::CudaSyncRecord>(header);
      text << "sync kind " << sync.kind << (sync.stream == ring::kNoStream ? "" : " of a stream")
           << span(sync);
      break;
    }
    case CudaRecordType::kEventRecord: text << "event record"; break;
    case CudaRecordType::kMemory: {
      const auto &memory = as<ring::CudaMemoryRecord>(header);
      text << "memory operation " << int(memory.operation) << " kind " << int(memory.memoryKind)
           << (memory.async ? " async" : "") << " bytes " << memory.bytes;
      break;
    }
    case CudaRecordType::kOverhead: text << "overhead " << name; break;
    case CudaRecordType::kGraphLaunch: text << "graph launch"; break;
    case CudaRecordType::kDevice: {
      const auto &device = as<ring::CudaDeviceRecord>(header);
      text << "device " << name << " sms " << device.multiprocessors << " compute "
           << device.computeMajor << "." << device.computeMinor;
      break;
    }
    default: text << "?"; break;
    }
    return text.str();
  }
};

fs::path fixtures() {
  const char *source = std::getenv("HOTLOOP_SOURCE_DIR");
  return fs::path(source ? source : ".") / "tests/unit/cupti/fixtures";
}

std::string readText(const fs::path &path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void replay(const std::string &library) {
  cupti::CuptiApi api;
  void *handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  ASSERT_TRUE(handle) << dlerror();
  api.cuptiActivityGetNextRecord = reinterpret_cast<decltype(api.cuptiActivityGetNextRecord)>(
      dlsym(handle, "cuptiActivityGetNextRecord"));
  ASSERT_TRUE(api.cuptiActivityGetNextRecord);
  std::size_t files = 0;
  for (const auto &entry : fs::directory_iterator(fixtures())) {
    if (entry.path().extension() != ".cupti") continue;
    ++files;
    const testing::RawFile raw(entry.path().string(), api);
    Summary summary;
    cupti::DecodeCounts counts;
    for (const auto &buffer : raw.buffers()) {
      const auto one = cupti::decodeActivities(api, buffer.data(), buffer.bytes, summary);
      counts.unknown += one.unknown;
      counts.noTime += one.noTime;
      counts.dropped += one.dropped;
    }
    std::ostringstream text;
    text << raw.buffers().size() << " buffers of CUPTI " << raw.cuptiVersion() << ", "
         << summary.records << " records, " << counts.unknown << " unknown, " << counts.noTime
         << " without times, " << counts.dropped << " static variables\n";
    for (const auto &[line, count] : summary.lines) text << count << " x " << line << "\n";
    fs::path expected = entry.path();
    expected.replace_extension(".txt");
    if (std::getenv("HOTLOOP_REBASE")) std::ofstream(expected) << text.str();
    EXPECT_EQ(readText(expected), text.str()) << entry.path();
  }
  EXPECT_GE(files, 1u) << "no fixtures in " << fixtures();
}

TEST(RawReplay, WithTheFakesIteration) { replay(testing::fakeCupti()); }

TEST(RawReplay, WithNvidiasIteration) {
#ifdef HOTLOOP_TEST_STATIC_ONLY
  GTEST_SKIP() << "NVIDIA's library is left out under sanitizers";
#endif
  if (!fs::exists(HOTLOOP_TEST_CUPTI)) GTEST_SKIP() << "no libcupti.so.13 here";
  replay(HOTLOOP_TEST_CUPTI);
}

} // namespace
} // namespace hotloop
