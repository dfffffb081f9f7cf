#pragma once

#include <cstdint>

#include "core/ring/ring_format.h"

// The records of CUDA in a region's chunks (ring_format.h): calls and graph nodes by the thread
// that made them, the rest by the thread of libhotloop.so that decodes CUPTI's buffers. Times of
// the latter are CLOCK_MONOTONIC ns whatever the region's clock is; a call is stamped by that
// clock. Streams are named by CUPTI's ids of context and stream. Codes are CUPTI's.
namespace hotloop::ring {

enum class CudaRecordType : std::uint16_t {
  kApi = 64,
  kGraphNode,
  kKernel,
  kMemcpy,
  kMemset,
  kSync,
  kEventRecord,
  kMemory,
  kOverhead,
  kGraphLaunch,
  kDevice,
};

// What a call is for, by the list in collectors/cupti/api_list.
enum class ApiClass : std::uint8_t {
  kOther,
  kLaunch,
  kCopy,
  kBlockingCopy,
  kSync,
  kMemory,
  kGraph
};

struct CudaApiRecord {
  RecordHeader header;
  std::uint32_t name;
  std::uint64_t start; // stamps
  std::uint64_t end;
  std::uint32_t correlation;
  std::uint32_t cbid;
  std::int32_t status;
  std::uint32_t location;
  std::uint32_t stack;
  std::uint8_t domain; // 1 runtime, 2 driver
  ApiClass apiClass;
  std::uint16_t reserved;
};
struct CudaGraphNodeRecord {
  RecordHeader header;
  std::uint32_t name;
  std::uint64_t node;
  std::uint64_t original; // node it was cloned from; 0 none
  std::uint32_t graph;
  std::uint32_t kind; // CUgraphNodeType
  std::uint32_t location;
  std::uint32_t stack;
};
struct CudaKernelRecord {
  RecordHeader header;
  std::uint32_t name;
  std::uint64_t start; // ns; 0 with end 0: CUPTI took no times
  std::uint64_t end;
  std::uint32_t correlation;
  std::uint32_t context;
  std::uint32_t stream;
  std::uint16_t device;
  std::uint16_t registers;
  std::uint32_t grid[3];
  std::uint16_t block[3];
  std::uint16_t reserved;
  std::uint32_t staticShared;
  std::uint32_t dynamicShared;
  std::uint32_t graph;
  std::uint64_t graphNode;
};
struct CudaMemcpyRecord {
  RecordHeader header;
  std::uint32_t correlation;
  std::uint64_t start;
  std::uint64_t end;
  std::uint64_t bytes;
  std::uint32_t context;
  std::uint32_t stream;
  std::uint16_t device;
  std::uint8_t copyKind;
  std::uint8_t sourceKind;
  std::uint8_t destinationKind;
  std::uint8_t async;
  std::uint16_t reserved;
  std::uint64_t graphNode;
  std::uint32_t graph;
  std::uint32_t reserved2;
};
struct CudaMemsetRecord {
  RecordHeader header;
  std::uint32_t correlation;
  std::uint64_t start;
  std::uint64_t end;
  std::uint64_t bytes;
  std::uint32_t context;
  std::uint32_t stream;
  std::uint16_t device;
  std::uint16_t memoryKind;
  std::uint32_t value;
  std::uint64_t graphNode;
  std::uint32_t graph;
  std::uint32_t reserved;
};
struct CudaSyncRecord {
  RecordHeader header;
  std::uint32_t correlation;
  std::uint64_t start;
  std::uint64_t end;
  std::uint64_t eventSync;
  std::uint32_t context;
  std::uint32_t stream; // kNoStream: none
  std::uint32_t event;
  std::uint32_t kind;
};
struct CudaEventRecord {
  RecordHeader header;
  std::uint32_t correlation;
  std::uint64_t eventSync;
  std::uint64_t deviceTime; // 0: CUPTI took none
  std::uint32_t context;
  std::uint32_t stream;
  std::uint32_t event;
  std::uint32_t device;
};
struct CudaMemoryRecord {
  RecordHeader header;
  std::uint32_t correlation;
  std::uint64_t time;
  std::uint64_t address;
  std::uint64_t bytes;
  std::uint32_t device;
  std::uint8_t operation; // 1 allocate, 2 free
  std::uint8_t memoryKind;
  std::uint8_t async;
  std::uint8_t reserved;
};
struct CudaOverheadRecord {
  RecordHeader header;
  std::uint32_t name;
  std::uint64_t start;
  std::uint64_t end;
  std::uint32_t kind;
  std::uint32_t osTid; // 0: not a thread's
  std::uint32_t correlation;
  std::uint32_t reserved;
};
struct CudaGraphLaunchRecord { // one replay as a whole, where nodes are not recorded
  RecordHeader header;
  std::uint32_t correlation;
  std::uint64_t start;
  std::uint64_t end;
  std::uint32_t context;
  std::uint32_t stream;
  std::uint32_t device;
  std::uint32_t graph;
};
struct CudaDeviceRecord {
  RecordHeader header;
  std::uint32_t name;
  std::uint8_t uuid[16];
  std::uint64_t memory;   // bytes
  std::uint64_t clockKhz; // of the cores
  std::uint32_t ordinal;
  std::uint32_t multiprocessors;
  std::uint16_t computeMajor;
  std::uint16_t computeMinor;
  std::uint32_t reserved;
};

inline constexpr std::uint32_t kNoStream = 0xffffffff;

static_assert(sizeof(CudaApiRecord) == 48 && sizeof(CudaKernelRecord) == 80);
static_assert(sizeof(CudaGraphNodeRecord) == 40 && sizeof(CudaMemcpyRecord) == 64);
static_assert(sizeof(CudaMemsetRecord) == 64 && sizeof(CudaSyncRecord) == 48);
static_assert(sizeof(CudaEventRecord) == 40 && sizeof(CudaMemoryRecord) == 40);
static_assert(sizeof(CudaOverheadRecord) == 40 && sizeof(CudaGraphLaunchRecord) == 40);
static_assert(sizeof(CudaDeviceRecord) == 56);

} // namespace hotloop::ring
