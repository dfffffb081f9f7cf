// The part of RecordDecoder that makes rows of CUDA's records.
#include <algorithm>
#include <cstdio>
#include <string>

#include "collectors/inject/record_decoder.h"

namespace hotloop {
namespace {

using ring::ApiClass;
using ring::CudaRecordType;

constexpr std::size_t kMostStreams = 50'000;
constexpr std::size_t kMostWaiting = 100'000;
constexpr std::uint32_t kEventSynchronize = 1, kStreamWaitsForEvent = 2; // SyncTable::kind

Nanoseconds nanoseconds(std::uint64_t ns) {
  return Nanoseconds(static_cast<std::int64_t>(std::min<std::uint64_t>(ns, INT64_MAX / 2)));
}

std::string_view copyName(std::uint8_t kind) {
  switch (kind) {
  case 1: return "[HtoD]";
  case 2: return "[DtoH]";
  case 3: return "[HtoA]";
  case 4: return "[AtoH]";
  case 5: return "[AtoA]";
  case 6: return "[AtoD]";
  case 7: return "[DtoA]";
  case 8: return "[DtoD]";
  case 9: return "[HtoH]";
  case 10: return "[PtoP]";
  default: return "[copy]";
  }
}

std::string_view syncName(std::uint32_t kind) {
  switch (kind) {
  case 1: return "event synchronize";
  case 2: return "stream waits for event";
  case 3: return "stream synchronize";
  case 4: return "context synchronize";
  default: return "synchronize";
  }
}

// "GPU-1d3f..." as nvidia-smi -L prints it.
std::string uuidText(const std::uint8_t (&uuid)[16]) {
  std::string text = "GPU";
  char hex[3];
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 0 || i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    std::snprintf(hex, sizeof hex, "%02x", uuid[i]);
    text += hex;
  }
  return text;
}

// cuMemCreate, cuMemRelease, cuMemMap, cuMemUnmap.
bool isVirtualMemory(const ring::CudaApiRecord &api) {
  return api.domain == 2 && api.cbid >= 549 && api.cbid <= 552;
}

Allocator allocatorOf(const ring::CudaMemoryRecord &memory, const CudaState::Call *call) {
  if (call && call->virtualMemory) return Allocator::kCudaVirtual;
  switch (memory.memoryKind) {
  case 2: return Allocator::kCudaPinned;
  case 5: return Allocator::kCudaManaged;
  default: return memory.async ? Allocator::kCudaStreamOrdered : Allocator::kCudaDevice;
  }
}

} // namespace

void RecordDecoder::decodeCuda(Thread &thread, const std::byte *record, std::size_t bytes,
                               CudaRecordType type) {
  const auto with = [&]<class Record>(auto &&use) {
    if (const auto value = fixedPart<Record>(record, bytes)) use(*value);
  };
  switch (type) {
  case CudaRecordType::kApi:
    return with.operator()<ring::CudaApiRecord>([&](const auto &r) { onApi(thread, r); });
  case CudaRecordType::kGraphNode:
    return with.operator()<ring::CudaGraphNodeRecord>(
        [&](const auto &r) { onGraphNode(thread, r); });
  case CudaRecordType::kKernel:
    return with.operator()<ring::CudaKernelRecord>([&](const auto &r) { onKernel(thread, r); });
  case CudaRecordType::kMemcpy:
    return with.operator()<ring::CudaMemcpyRecord>([&](const auto &r) { onMemcpy(r); });
  case CudaRecordType::kMemset:
    return with.operator()<ring::CudaMemsetRecord>([&](const auto &r) { onMemset(r); });
  case CudaRecordType::kSync:
    return with.operator()<ring::CudaSyncRecord>([&](const auto &r) { onSync(r, false); });
  case CudaRecordType::kEventRecord:
    return with.operator()<ring::CudaEventRecord>([&](const auto &r) { onEventRecord(r); });
  case CudaRecordType::kMemory:
    return with.operator()<ring::CudaMemoryRecord>([&](const auto &r) { onMemory(r, false); });
  case CudaRecordType::kOverhead:
    return with.operator()<ring::CudaOverheadRecord>([&](const auto &r) { onOverhead(thread, r); });
  case CudaRecordType::kGraphLaunch:
    return with.operator()<ring::CudaGraphLaunchRecord>([&](const auto &r) { onGraphLaunch(r); });
  case CudaRecordType::kDevice:
    return with.operator()<ring::CudaDeviceRecord>([&](const auto &r) { onDevice(thread, r); });
  }
  ++context_.unknownRecords;
}

StreamId RecordDecoder::stream(std::uint32_t context, std::uint32_t stream, DeviceId device) {
  if (stream == ring::kNoStream) return {};
  const std::uint64_t key = (std::uint64_t(context) << 32) | stream;
  auto known = cuda_.streams.find(key);
  if (known != cuda_.streams.end() && (known->second.device || !device)) return known->second.id;
  if (known == cuda_.streams.end()) {
    if (cuda_.streams.size() >= kMostStreams) {
      ++context_.damagedRecords;
      return {};
    }
    known =
        cuda_.streams.emplace(key, CudaState::Stream{StreamId(++context_.lastStream), {}}).first;
  }
  known->second.device = device;
  StreamRow row;
  row.id = known->second.id;
  row.process = process_;
  row.device = device;
  row.context = context;
  row.cudaStream = stream;
  context_.sink.add(row);
  return row.id;
}

template <class Event, class Record>
bool RecordDecoder::deviceSpan(Event &event, const Record &record) {
  if (record.start == 0 || record.end == 0) return false; // counted by who read CUPTI's buffer
  event.start = nanoseconds(record.start);
  event.duration = nanoseconds(record.end) - event.start;
  event.lane =
      stream(record.context, record.stream,
             device(static_cast<std::int16_t>(std::min<std::uint32_t>(record.device, 999))));
  event.correlation = record.correlation;
  sawTime(event.start, event.start + event.duration);
  return true;
}

void RecordDecoder::onApi(Thread &thread, const ring::CudaApiRecord &api) {
  ApiEvent event;
  event.start = time(api.start);
  const Nanoseconds end = time(api.end);
  event.duration = end - event.start;
  event.lane = lane(thread);
  event.name = string(thread, api.name);
  event.domain = api.domain;
  event.cbid = api.cbid;
  event.correlation = api.correlation;
  event.status = api.status;
  event.location = FrameId(lookUp(thread, api.location, Kind::kFrame));
  event.stack = StackId(lookUp(thread, api.stack, Kind::kStack));
  sawTime(event.start, end);
  context_.sink.add(event);
  if (api.apiClass == ApiClass::kLaunch || api.apiClass == ApiClass::kCopy) return;
  if (cuda_.calls.empty()) cuda_.calls.resize(CudaState::kCalls);
  cuda_.calls[api.correlation % CudaState::kCalls] = {
      api.correlation, event.lane,     event.location,       event.stack,
      event.name,      event.duration, isVirtualMemory(api), api.apiClass == ApiClass::kOther};
}

void RecordDecoder::onGraphNode(Thread &thread, const ring::CudaGraphNodeRecord &node) {
  GraphNodeRow row;
  row.id = node.node;
  row.process = process_;
  row.graph = node.graph;
  row.original = node.original;
  row.name = string(thread, node.name);
  row.kind = static_cast<std::uint8_t>(std::min<std::uint32_t>(node.kind, 255));
  row.location = FrameId(lookUp(thread, node.location, Kind::kFrame));
  row.stack = StackId(lookUp(thread, node.stack, Kind::kStack));
  context_.sink.add(row);
  ++context_.events;
}

void RecordDecoder::onKernel(Thread &thread, const ring::CudaKernelRecord &kernel) {
  KernelEvent event;
  if (!deviceSpan(event, kernel)) return;
  event.name = string(thread, kernel.name);
  event.gridX = kernel.grid[0];
  event.gridY = kernel.grid[1];
  event.gridZ = kernel.grid[2];
  event.blockX = kernel.block[0];
  event.blockY = kernel.block[1];
  event.blockZ = kernel.block[2];
  event.registers = kernel.registers;
  event.staticShared = kernel.staticShared;
  event.dynamicShared = kernel.dynamicShared;
  event.graph = kernel.graph;
  event.graphNode = kernel.graphNode;
  context_.sink.add(event);
}

void RecordDecoder::onGraphLaunch(const ring::CudaGraphLaunchRecord &launch) {
  KernelEvent event;
  if (!deviceSpan(event, launch)) return;
  event.name = context_.sink.intern("[CUDA graph]");
  event.graph = launch.graph;
  context_.sink.add(event);
}

void RecordDecoder::onMemcpy(const ring::CudaMemcpyRecord &copy) {
  MemcpyEvent event;
  if (!deviceSpan(event, copy)) return;
  event.name = context_.sink.intern(copyName(copy.copyKind));
  event.bytes = copy.bytes;
  event.copyKind = copy.copyKind;
  event.sourceKind = copy.sourceKind;
  event.destinationKind = copy.destinationKind;
  event.async = copy.async != 0;
  event.graph = copy.graph;
  event.graphNode = copy.graphNode;
  context_.sink.add(event);
}

void RecordDecoder::onMemset(const ring::CudaMemsetRecord &fill) {
  MemsetEvent event;
  if (!deviceSpan(event, fill)) return;
  event.name = context_.sink.intern("[memset]");
  event.bytes = fill.bytes;
  event.value = fill.value;
  event.memoryKind = static_cast<std::uint8_t>(std::min<std::uint16_t>(fill.memoryKind, 255));
  event.graph = fill.graph;
  event.graphNode = fill.graphNode;
  context_.sink.add(event);
}

namespace {

const CudaState::Call *callOf(const CudaState &state, std::uint32_t correlation) {
  if (state.calls.empty()) return nullptr;
  const CudaState::Call &call = state.calls[correlation % CudaState::kCalls];
  return call.correlation == correlation && call.lane ? &call : nullptr;
}

} // namespace

void RecordDecoder::onSync(const ring::CudaSyncRecord &sync, bool last) {
  const CudaState::Call *call = callOf(cuda_, sync.correlation);
  if (!call && !last && cuda_.waitingSyncs.size() < kMostWaiting) {
    cuda_.waitingSyncs.push_back({sync});
    return;
  }
  // Of a query that found its event or stream ready: nobody waited.
  if (sync.kind != kStreamWaitsForEvent && (call ? call->isOther : sync.kind == kEventSynchronize))
    return;
  SyncEvent event;
  event.start = nanoseconds(sync.start);
  event.duration = nanoseconds(sync.end) - event.start;
  if (call) event.lane = call->lane;
  event.name = context_.sink.intern(syncName(sync.kind));
  event.kind = static_cast<std::uint8_t>(std::min<std::uint32_t>(sync.kind, 255));
  event.stream = stream(sync.context, sync.stream, {});
  event.event = sync.event;
  event.eventSync = sync.eventSync;
  event.correlation = sync.correlation;
  sawTime(event.start, event.start + event.duration);
  context_.sink.add(event);
}

void RecordDecoder::onEventRecord(const ring::CudaEventRecord &from) {
  EventRecordEvent event;
  event.start = nanoseconds(from.deviceTime);
  event.lane = stream(from.context, from.stream,
                      device(static_cast<std::int16_t>(std::min<std::uint32_t>(from.device, 999))));
  event.event = from.event;
  event.eventSync = from.eventSync;
  event.correlation = from.correlation;
  ++context_.events;
  context_.sink.add(event);
}

void RecordDecoder::onMemory(const ring::CudaMemoryRecord &memory, bool last) {
  const CudaState::Call *call = callOf(cuda_, memory.correlation);
  if (!call && !last && cuda_.waitingMemory.size() < kMostWaiting) {
    cuda_.waitingMemory.push_back({memory});
    return;
  }
  AllocationEvent event;
  event.start = nanoseconds(memory.time);
  if (call) {
    event.lane = call->lane;
    event.name = call->name;
    event.location = call->location;
    event.stack = call->stack;
    event.duration = call->duration;
  }
  event.action = memory.operation == 2 ? AllocationAction::kFree : AllocationAction::kAllocate;
  event.allocator = allocatorOf(memory, call);
  const bool onHost = event.allocator == Allocator::kCudaPinned;
  if (!onHost)
    event.device = device(static_cast<std::int16_t>(std::min<std::uint32_t>(memory.device, 999)));
  event.address = memory.address;
  event.bytes = static_cast<std::int64_t>(std::min<std::uint64_t>(memory.bytes, INT64_MAX / 2));
  event.correlation = memory.correlation;
  const std::uint64_t key =
      (std::uint64_t(event.allocator) << 32) | (onHost ? 0xffffffffu : event.device.value);
  std::int64_t &total = cuda_.totals[key];
  total += event.action == AllocationAction::kFree ? -event.bytes : event.bytes;
  total = std::max<std::int64_t>(total, 0);
  event.totalAllocated = total;
  event.totalReserved = -1;
  sawTime(event.start, event.start);
  context_.sink.add(event);
}

void RecordDecoder::onOverhead(Thread &thread, const ring::CudaOverheadRecord &overhead) {
  OverheadEvent event;
  event.start = nanoseconds(overhead.start);
  event.duration = nanoseconds(overhead.end) - event.start;
  event.lane = laneOf(overhead.osTid);
  event.name = string(thread, overhead.name);
  event.kind = overhead.kind;
  event.correlation = overhead.correlation;
  ++context_.events;
  context_.sink.add(event);
}

void RecordDecoder::onDevice(Thread &thread, const ring::CudaDeviceRecord &from) {
  if (from.ordinal >= 64) return;
  DeviceRow row;
  row.id = DeviceId(from.ordinal + 1);
  row.ordinal = from.ordinal;
  row.name = string(thread, from.name);
  row.uuid = context_.sink.intern(uuidText(from.uuid));
  row.computeMajor = from.computeMajor;
  row.computeMinor = from.computeMinor;
  row.multiprocessors = from.multiprocessors;
  row.memory = from.memory;
  row.clock = from.clockKhz * 1000;
  context_.devices |= std::uint64_t(1) << from.ordinal;
  context_.sink.add(row);
}

void RecordDecoder::roundEnded() {
  // Those that still wait put themselves back at the end.
  const auto again = [](auto &waiting, auto &&use) {
    auto old = std::move(waiting);
    waiting.clear();
    for (auto &entry : old) {
      const std::size_t before = waiting.size();
      use(entry.record, entry.rounds + 1 >= CudaState::kRounds);
      if (waiting.size() > before) waiting.back().rounds = entry.rounds + 1;
    }
  };
  again(cuda_.waitingMemory, [this](const auto &record, bool last) { onMemory(record, last); });
  again(cuda_.waitingSyncs, [this](const auto &record, bool last) { onSync(record, last); });
}

} // namespace hotloop
