#include "tests/support/simulated_device.h"

#include <algorithm>

namespace hotloop::test_support {

namespace {

constexpr std::uint32_t kGraph = 1;
constexpr std::uint64_t kFirstNode = (std::uint64_t{kGraph} << 32) + 1;
constexpr Nanoseconds kLaunchLatency{2'500};

// CUPTI's callback ids of the runtime calls (generated_cuda_runtime_api_meta of CUDA 13).
constexpr std::uint32_t kLaunchKernel = 211;
constexpr std::uint32_t kMemcpyAsync = 41;
constexpr std::uint32_t kMemsetAsync = 51;
constexpr std::uint32_t kStreamSynchronize = 131;
constexpr std::uint32_t kDeviceSynchronize = 165;
constexpr std::uint32_t kStreamWaitEvent = 147;
constexpr std::uint32_t kEventRecord = 135;
constexpr std::uint32_t kGraphLaunch = 311;

} // namespace

SimulatedDevice::SimulatedDevice(TraceSink &sink, Random &random, std::uint64_t &rows)
    : sink_(sink), random_(random), rows_(rows) {
  DeviceRow device;
  device.id = kDevice;
  device.name = sink.intern("NVIDIA H200");
  device.uuid = sink.intern("GPU-00000000-0000-0000-0000-000000000001");
  device.computeMajor = 9;
  device.multiprocessors = 132;
  device.memory = 150'000'000'000;
  device.clock = 1'980'000'000;
  sink.add(device);
  StreamRow stream;
  stream.process = kProcess;
  stream.device = kDevice;
  stream.context = 1;
  stream.id = kComputeStream;
  stream.cudaStream = 7;
  sink.add(stream);
  stream.id = kCopyStream;
  stream.cudaStream = 13;
  stream.name = sink.intern("copies");
  sink.add(stream);
}

std::uint32_t SimulatedDevice::call(HostLane &lane, const Place &place, std::string_view name,
                                    std::uint32_t cbid, std::int64_t nanoseconds,
                                    Nanoseconds wait) {
  ApiEvent api;
  api.start = lane.now;
  api.duration = Nanoseconds(random_.around(nanoseconds)) + wait;
  api.lane = lane.id;
  api.name = sink_.intern(name);
  api.domain = 1;
  api.cbid = cbid;
  api.correlation = ++correlation_;
  api.location = place.frame;
  api.stack = place.stack;
  lane.now += api.duration;
  sink_.add(api);
  ++rows_;
  return api.correlation;
}

void SimulatedDevice::addKernel(StringId kernel, std::int64_t nanoseconds,
                                std::uint32_t correlation, Nanoseconds earliest,
                                std::uint32_t graph, std::uint64_t node) {
  KernelEvent event;
  event.start = std::max(computeFree_, earliest);
  event.duration = Nanoseconds(random_.around(nanoseconds));
  event.lane = kComputeStream;
  event.name = kernel;
  event.correlation = correlation;
  event.gridX = static_cast<std::uint32_t>(1 + nanoseconds / 100);
  event.gridY = event.gridZ = 1;
  event.blockX = 256;
  event.blockY = event.blockZ = 1;
  event.registers = 64;
  event.dynamicShared = 16'384;
  event.graph = graph;
  event.graphNode = node;
  computeFree_ = event.start + event.duration;
  sink_.add(event);
  ++rows_;
}

void SimulatedDevice::launch(HostLane &lane, const Place &place, StringId kernel,
                             std::int64_t nanoseconds) {
  const std::uint32_t correlation =
      call(lane, {place.frame, StackId()}, "cudaLaunchKernel", kLaunchKernel, 2'200);
  addKernel(kernel, nanoseconds, correlation, lane.now + kLaunchLatency, 0, 0);
}

void SimulatedDevice::waitForStream(HostLane &lane, const Place &place) {
  SyncEvent sync;
  sync.start = lane.now;
  sync.lane = lane.id;
  const Nanoseconds wait = std::max(Nanoseconds(), computeFree_ - lane.now);
  sync.correlation = call(lane, place, "cudaStreamSynchronize", kStreamSynchronize, 1'500, wait);
  sync.duration = lane.now - sync.start;
  sync.name = sink_.intern("stream");
  sync.kind = 3;
  sync.stream = kComputeStream;
  sink_.add(sync);
  ++rows_;
}

void SimulatedDevice::readBack(HostLane &lane, const Place &place) {
  MemcpyEvent copy;
  copy.correlation = call(lane, place, "cudaMemcpyAsync", kMemcpyAsync, 4'000);
  copy.start = std::max(computeFree_, lane.now + kLaunchLatency);
  copy.duration = Nanoseconds(random_.around(1'300));
  copy.lane = kComputeStream;
  copy.name = sink_.intern("[DtoH]");
  copy.bytes = 4;
  copy.copyKind = 2;
  copy.sourceKind = 3;
  copy.destinationKind = 1;
  copy.async = true;
  computeFree_ = copy.start + copy.duration;
  sink_.add(copy);
  ++rows_;
  waitForStream(lane, place);
}

void SimulatedDevice::upload(HostLane &lane, const Place &place, std::uint64_t bytes) {
  MemcpyEvent copy;
  copy.correlation = call(lane, place, "cudaMemcpyAsync", kMemcpyAsync, 3'500);
  copy.start = std::max(copyFree_, lane.now + kLaunchLatency);
  copy.duration = Nanoseconds(random_.around(static_cast<std::int64_t>(bytes / 40 + 1'500)));
  copy.lane = kCopyStream;
  copy.name = sink_.intern("[HtoD]");
  copy.bytes = bytes;
  copy.copyKind = 1;
  copy.sourceKind = 2;
  copy.destinationKind = 3;
  copy.async = true;
  copyFree_ = copy.start + copy.duration;
  sink_.add(copy);

  EventRecordEvent record;
  record.correlation = call(lane, {place.frame, StackId()}, "cudaEventRecord", kEventRecord, 900);
  record.start = copyFree_;
  record.lane = kCopyStream;
  record.event = 1;
  record.eventSync = ++eventSync_;
  sink_.add(record);

  SyncEvent wait; // of a stream for an event, not of the host
  wait.start = lane.now;
  wait.duration = Nanoseconds(random_.around(800));
  wait.lane = lane.id;
  wait.correlation =
      call(lane, {place.frame, StackId()}, "cudaStreamWaitEvent", kStreamWaitEvent, 900);
  wait.name = sink_.intern("stream waits for event");
  wait.kind = 2;
  wait.stream = kComputeStream;
  wait.event = 1;
  wait.eventSync = eventSync_;
  sink_.add(wait);
  computeFree_ = std::max(computeFree_, copyFree_);
  rows_ += 3;
}

void SimulatedDevice::fill(HostLane &lane, const Place &place, std::uint64_t bytes) {
  MemsetEvent fill;
  fill.correlation = call(lane, {place.frame, StackId()}, "cudaMemsetAsync", kMemsetAsync, 2'500);
  fill.start = std::max(computeFree_, lane.now + kLaunchLatency);
  fill.duration = Nanoseconds(random_.around(1'200));
  fill.lane = kComputeStream;
  fill.name = sink_.intern("[memset]");
  fill.bytes = bytes;
  fill.memoryKind = 3;
  computeFree_ = fill.start + fill.duration;
  sink_.add(fill);
  ++rows_;
}

void SimulatedDevice::launchGraph(HostLane &lane, const Place &place, StringId kernel, int nodes) {
  for (int i = 0; i < nodes && !graphKnown_; ++i) {
    GraphNodeRow node;
    node.id = kFirstNode + static_cast<std::uint64_t>(i);
    node.process = kProcess;
    node.graph = kGraph;
    node.name = kernel;
    node.location = place.frame;
    node.stack = place.stack;
    sink_.add(node);
  }
  graphKnown_ = true;
  const std::uint32_t correlation =
      call(lane, {place.frame, StackId()}, "cudaGraphLaunch", kGraphLaunch, 6'000);
  for (int i = 0; i < nodes; ++i)
    addKernel(kernel, 3'000, correlation, lane.now + kLaunchLatency, kGraph,
              kFirstNode + static_cast<std::uint64_t>(i));
}

void SimulatedDevice::synchronize(HostLane &lane, const Place &place) {
  SyncEvent sync;
  sync.start = lane.now;
  sync.lane = lane.id;
  const Nanoseconds wait = std::max({Nanoseconds(), computeFree_ - lane.now, copyFree_ - lane.now});
  sync.correlation = call(lane, place, "cudaDeviceSynchronize", kDeviceSynchronize, 1'500, wait);
  sync.duration = lane.now - sync.start;
  sync.name = sink_.intern("context");
  sync.kind = 4;
  sink_.add(sync);
  ++rows_;
}

} // namespace hotloop::test_support
