#include "collectors/cupti/activity_decoder.h"

#include <algorithm>
#include <cstring>

namespace hotloop::cupti {
namespace {

using ring::CudaRecordType;

template <class Record> void give(ActivityOutput &output, Record &record, CudaRecordType type) {
  record.header = {static_cast<ring::RecordType>(type), sizeof(Record)};
  output.record(&record.header, nullptr, nullptr);
}

template <class Record>
void giveNamed(ActivityOutput &output, Record &record, CudaRecordType type, const char *name) {
  record.header = {static_cast<ring::RecordType>(type), sizeof(Record)};
  output.record(&record.header, &record.name, name);
}

template <class To> To narrow(std::uint64_t value) {
  return static_cast<To>(std::min<std::uint64_t>(value, static_cast<To>(~To(0))));
}

std::uint32_t positive(std::int32_t value) {
  return value > 0 ? static_cast<std::uint32_t>(value) : 0;
}

class Decoding {
public:
  Decoding(ActivityOutput &output, DecodeCounts &counts) : output_(output), counts_(counts) {}

  void record(const CUpti_Activity *record) {
    switch (record->kind) {
    case CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL:
    case CUPTI_ACTIVITY_KIND_KERNEL: return kernel(as<CUpti_ActivityKernel10>(record));
    case CUPTI_ACTIVITY_KIND_MEMCPY: return copy(as<CUpti_ActivityMemcpy6>(record));
    case CUPTI_ACTIVITY_KIND_MEMCPY2: return copy(as<CUpti_ActivityMemcpyPtoP4>(record));
    case CUPTI_ACTIVITY_KIND_MEMSET: return fill(as<CUpti_ActivityMemset4>(record));
    case CUPTI_ACTIVITY_KIND_SYNCHRONIZATION:
      return sync(as<CUpti_ActivitySynchronization2>(record));
    case CUPTI_ACTIVITY_KIND_CUDA_EVENT: return event(as<CUpti_ActivityCudaEvent2>(record));
    case CUPTI_ACTIVITY_KIND_MEMORY2: return memory(as<CUpti_ActivityMemory4>(record));
    case CUPTI_ACTIVITY_KIND_OVERHEAD: return overhead(as<CUpti_ActivityOverhead3>(record));
    case CUPTI_ACTIVITY_KIND_GRAPH_TRACE: return graphLaunch(as<CUpti_ActivityGraphTrace2>(record));
    case CUPTI_ACTIVITY_KIND_DEVICE: return device(as<CUpti_ActivityDevice5>(record));
    default: ++counts_.unknown;
    }
  }

private:
  template <class Activity> static const Activity &as(const CUpti_Activity *record) {
    return *reinterpret_cast<const Activity *>(record);
  }

  void checkTimes(std::uint64_t start, std::uint64_t end) {
    if (start == 0 || end == 0) ++counts_.noTime;
  }

  void kernel(const CUpti_ActivityKernel10 &from) {
    checkTimes(from.start, from.end);
    ring::CudaKernelRecord to{};
    to.start = from.start;
    to.end = from.end;
    to.correlation = from.correlationId;
    to.context = from.contextId;
    to.stream = from.streamId;
    to.device = narrow<std::uint16_t>(from.deviceId);
    to.registers = from.registersPerThread;
    to.grid[0] = positive(from.gridX);
    to.grid[1] = positive(from.gridY);
    to.grid[2] = positive(from.gridZ);
    to.block[0] = narrow<std::uint16_t>(positive(from.blockX));
    to.block[1] = narrow<std::uint16_t>(positive(from.blockY));
    to.block[2] = narrow<std::uint16_t>(positive(from.blockZ));
    to.staticShared = positive(from.staticSharedMemory);
    to.dynamicShared = positive(from.dynamicSharedMemory);
    to.graph = from.graphId;
    to.graphNode = from.graphNodeId;
    giveNamed(output_, to, CudaRecordType::kKernel, from.name);
  }

  template <class Activity> void copy(const Activity &from) {
    checkTimes(from.start, from.end);
    ring::CudaMemcpyRecord to{};
    to.correlation = from.correlationId;
    to.start = from.start;
    to.end = from.end;
    to.bytes = from.bytes;
    to.context = from.contextId;
    to.stream = from.streamId;
    to.device = narrow<std::uint16_t>(from.deviceId);
    to.copyKind = from.copyKind;
    to.sourceKind = from.srcKind;
    to.destinationKind = from.dstKind;
    to.async = (from.flags & CUPTI_ACTIVITY_FLAG_MEMCPY_ASYNC) != 0;
    to.graph = from.graphId;
    to.graphNode = from.graphNodeId;
    give(output_, to, CudaRecordType::kMemcpy);
  }

  void fill(const CUpti_ActivityMemset4 &from) {
    checkTimes(from.start, from.end);
    ring::CudaMemsetRecord to{};
    to.correlation = from.correlationId;
    to.start = from.start;
    to.end = from.end;
    to.bytes = from.bytes;
    to.context = from.contextId;
    to.stream = from.streamId;
    to.device = narrow<std::uint16_t>(from.deviceId);
    to.memoryKind = from.memoryKind;
    to.value = from.value;
    to.graph = from.graphId;
    to.graphNode = from.graphNodeId;
    give(output_, to, CudaRecordType::kMemset);
  }

  void sync(const CUpti_ActivitySynchronization2 &from) {
    ring::CudaSyncRecord to{};
    to.correlation = from.correlationId;
    to.start = from.start;
    to.end = from.end;
    to.eventSync = from.cudaEventSyncId;
    to.context = from.contextId;
    to.stream = from.streamId;
    to.event = from.cudaEventId == CUPTI_SYNCHRONIZATION_INVALID_VALUE ? 0 : from.cudaEventId;
    to.kind = static_cast<std::uint32_t>(from.type);
    give(output_, to, CudaRecordType::kSync);
  }

  void event(const CUpti_ActivityCudaEvent2 &from) {
    ring::CudaEventRecord to{};
    to.correlation = from.correlationId;
    to.eventSync = from.cudaEventSyncId;
    to.deviceTime = from.deviceTimestamp;
    to.context = from.contextId;
    to.stream = from.streamId;
    to.event = from.eventId;
    to.device = from.deviceId;
    give(output_, to, CudaRecordType::kEventRecord);
  }

  void memory(const CUpti_ActivityMemory4 &from) {
    if (from.memoryKind == CUPTI_ACTIVITY_MEMORY_KIND_DEVICE_STATIC ||
        from.memoryKind == CUPTI_ACTIVITY_MEMORY_KIND_MANAGED_STATIC) {
      ++counts_.dropped;
      return;
    }
    ring::CudaMemoryRecord to{};
    to.correlation = from.correlationId;
    to.time = from.timestamp;
    to.address = from.address;
    to.bytes = from.bytes;
    to.device = from.deviceId;
    to.operation = static_cast<std::uint8_t>(from.memoryOperationType);
    to.memoryKind = static_cast<std::uint8_t>(from.memoryKind);
    to.async = from.isAsync != 0;
    give(output_, to, CudaRecordType::kMemory);
  }

  void overhead(const CUpti_ActivityOverhead3 &from) {
    ring::CudaOverheadRecord to{};
    to.start = from.start;
    to.end = from.end;
    to.kind = static_cast<std::uint32_t>(from.overheadKind);
    to.osTid = from.objectKind == CUPTI_ACTIVITY_OBJECT_THREAD ? from.objectId.pt.threadId : 0;
    to.correlation = from.correlationId;
    giveNamed(output_, to, CudaRecordType::kOverhead, overheadName(to.kind));
  }

  void graphLaunch(const CUpti_ActivityGraphTrace2 &from) {
    checkTimes(from.start, from.end);
    ring::CudaGraphLaunchRecord to{};
    to.correlation = from.correlationId;
    to.start = from.start;
    to.end = from.end;
    to.context = from.contextId;
    to.stream = from.streamId;
    to.device = from.deviceId;
    to.graph = from.graphId;
    give(output_, to, CudaRecordType::kGraphLaunch);
  }

  void device(const CUpti_ActivityDevice5 &from) {
    ring::CudaDeviceRecord to{};
    std::memcpy(to.uuid, &from.uuid, sizeof to.uuid);
    to.memory = from.globalMemorySize;
    to.clockKhz = from.coreClockRate;
    to.ordinal = from.id;
    to.multiprocessors = from.numMultiprocessors;
    to.computeMajor = narrow<std::uint16_t>(from.computeCapabilityMajor);
    to.computeMinor = narrow<std::uint16_t>(from.computeCapabilityMinor);
    giveNamed(output_, to, CudaRecordType::kDevice, from.name);
  }

  ActivityOutput &output_;
  DecodeCounts &counts_;
};

} // namespace

const char *overheadName(std::uint32_t kind) noexcept {
  switch (kind) {
  case CUPTI_ACTIVITY_OVERHEAD_DRIVER_COMPILER: return "driver compiler (JIT)";
  case CUPTI_ACTIVITY_OVERHEAD_CUPTI_BUFFER_FLUSH: return "CUPTI buffer flush";
  case CUPTI_ACTIVITY_OVERHEAD_CUPTI_INSTRUMENTATION: return "CUPTI instrumentation";
  case CUPTI_ACTIVITY_OVERHEAD_CUPTI_RESOURCE: return "CUPTI resource";
  case CUPTI_ACTIVITY_OVERHEAD_RUNTIME_TRIGGERED_MODULE_LOADING: return "module loading";
  case CUPTI_ACTIVITY_OVERHEAD_LAZY_FUNCTION_LOADING: return "lazy function loading";
  case CUPTI_ACTIVITY_OVERHEAD_COMMAND_BUFFER_FULL: return "command buffer full";
  case CUPTI_ACTIVITY_OVERHEAD_ACTIVITY_BUFFER_REQUEST: return "CUPTI buffer request";
  case CUPTI_ACTIVITY_OVERHEAD_UVM_ACTIVITY_INIT: return "unified memory set-up";
  default: return "overhead";
  }
}

DecodeCounts decodeActivities(const CuptiApi &api, std::uint8_t *buffer, std::size_t bytes,
                              ActivityOutput &output) {
  DecodeCounts counts;
  Decoding decoding(output, counts);
  CUpti_Activity *record = nullptr;
  while (true) {
    const CUptiResult result = api.cuptiActivityGetNextRecord(buffer, bytes, &record);
    if (result == CUPTI_SUCCESS) {
      decoding.record(record);
      continue;
    }
    if (result != CUPTI_ERROR_MAX_LIMIT_REACHED) ++counts.unknown;
    return counts;
  }
}

} // namespace hotloop::cupti
