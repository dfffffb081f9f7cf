#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/trace/trace_builder.h"
#include "core/trace/trace_view.h"
#include "tests/support/scripted_device.h"

namespace hotloop::test_support {

// A run written by hand, event by event, for tests that need exact control: one process, one
// thread, a clock that every call moves on. Places are Python functions of "script.py".
//   ScriptedLoop loop;
//   for (int i = 0; i < 20; ++i) {
//     loop.beginStep();
//     loop.begin("aten::zeros", "make");
//     const auto block = loop.allocate(4096);
//     loop.end(50'000);
//     loop.free(block);
//     loop.endStep();
//   }
//   TraceView trace = loop.build();
class ScriptedLoop {
public:
  ScriptedLoop() {
    builder_.add(ProcessRow{.id = ProcessId(1), .osPid = 100});
    builder_.add(ThreadRow{.id = thread_, .process = ProcessId(1), .osTid = 100});
  }

  void beginStep() { stepStart_ = tick(); }
  void endStep() {
    builder_.add(StepEvent{.start = stepStart_,
                           .duration = tick() - stepStart_,
                           .lane = thread_,
                           .name = builder_.intern("step"),
                           .number = steps_++,
                           .source = StepSource::kApi});
  }

  // Opens an operator called in `function` of script.py ("" unknown place).
  void begin(std::string_view name, std::string_view function = {},
             OpScope scope = OpScope::kFunction, std::int64_t sequence = -1) {
    OpEvent op{.start = tick(),
               .lane = thread_,
               .name = builder_.intern(name),
               .scope = scope,
               .depth = static_cast<std::uint16_t>(open_.size()),
               .sequence = sequence};
    op.location = frame(function);
    open_.push_back(op);
  }
  // Closes the innermost one, `more` ns after its last event.
  void end(std::int64_t more = 1000) {
    now_ += more;
    OpEvent op = open_.back();
    open_.pop_back();
    op.duration = tick() - op.start;
    builder_.add(op);
  }
  void op(std::string_view name, std::string_view function = {}, std::int64_t duration = 1000) {
    begin(name, function);
    end(duration);
  }

  // Takes a block inside of the open operator, and returns its address.
  std::uint64_t allocate(std::int64_t bytes, Allocator allocator = Allocator::kTorchCpu) {
    const std::uint64_t address = nextAddress_ += 0x10000000;
    sizes_[address] = bytes;
    addAllocation(AllocationAction::kAllocate, address, allocator);
    return address;
  }
  void free(std::uint64_t address, Allocator allocator = Allocator::kTorchCpu) {
    addAllocation(AllocationAction::kFree, address, allocator);
  }

  void pushRange(std::string_view name) {
    ranges_.push_back(RangeEvent{.start = tick(),
                                 .lane = thread_,
                                 .name = builder_.intern(name),
                                 .kind = RangeKind::kPushPop,
                                 .endLane = thread_});
  }
  void popRange() {
    RangeEvent range = ranges_.back();
    ranges_.pop_back();
    range.duration = tick() - range.start;
    builder_.add(range);
  }

  void wait(std::int64_t ns) { now_ += ns; }
  // A range with a number in it, of no length.
  void markValue(std::string_view name, std::int64_t value) {
    builder_.add(RangeEvent{.start = tick(),
                            .lane = thread_,
                            .name = builder_.intern(name),
                            .kind = RangeKind::kMark,
                            .payloadKind = PayloadKind::kInteger,
                            .payloadInteger = value,
                            .endLane = thread_});
  }

  // From here on a device: calls of the host, and work that runs in order on its streams.
  void addDevice(std::uint32_t multiprocessors = 132, std::uint64_t memory = 80'000'000'000) {
    builder_.add(DeviceRow{.id = DeviceId(1),
                           .computeMajor = 9,
                           .multiprocessors = multiprocessors,
                           .memory = memory});
  }
  std::uint32_t call(std::string_view name, std::string_view function = {},
                     std::int64_t duration = 2000) {
    builder_.add(ApiEvent{.start = tick(),
                          .duration = Nanoseconds(duration),
                          .lane = thread_,
                          .name = builder_.intern(name),
                          .domain = 1,
                          .correlation = ++correlation_,
                          .location = frame(function)});
    now_ += duration;
    return correlation_;
  }
  using Launch = ScriptedLaunch;
  void kernel(std::string_view name, std::int64_t duration = 5000) {
    kernel(name, duration, Launch());
  }
  void kernel(std::string_view name, std::int64_t duration, const Launch &launch) {
    addKernel(name, duration, launch, call("cudaLaunchKernel", launch.function, launch.host));
  }
  // A kernel that does not begin before stream `other` is done.
  void kernelAfter(std::string_view name, std::int64_t duration, const Launch &launch,
                   std::uint32_t other) {
    free_[launch.stream] = std::max(free_[launch.stream], free_[other]);
    kernel(name, duration, launch);
  }
  // Kernels behind a call that exists, as those of a graph.
  void addKernel(std::string_view name, std::int64_t duration, const Launch &launch,
                 std::uint32_t correlation, std::uint32_t graph = 0) {
    builder_.add(KernelEvent{.start = begin(launch.stream, duration),
                             .duration = Nanoseconds(duration),
                             .lane = StreamId(launch.stream),
                             .name = builder_.intern(name),
                             .correlation = correlation,
                             .gridX = launch.grid,
                             .gridY = 1,
                             .gridZ = 1,
                             .blockX = launch.block,
                             .blockY = 1,
                             .blockZ = 1,
                             .registers = launch.registers,
                             .graph = graph});
  }
  using Copy = ScriptedCopy;
  void copy(std::uint64_t bytes, std::string_view function, const Copy &how) {
    const std::uint32_t correlation = call(how.call, function, how.host);
    builder_.add(MemcpyEvent{.start = begin(how.stream, how.duration),
                             .duration = Nanoseconds(how.duration),
                             .lane = StreamId(how.stream),
                             .name = builder_.intern(how.kind == 1 ? "[HtoD]" : "[DtoH]"),
                             .correlation = correlation,
                             .bytes = bytes,
                             .copyKind = how.kind,
                             .sourceKind = how.source,
                             .destinationKind = how.destination,
                             .async = how.call.ends_with("Async")});
  }
  // Waits for everything on the device.
  void synchronize(std::string_view function = {},
                   std::string_view name = "cudaDeviceSynchronize") {
    std::int64_t busy = now_;
    for (const auto &[stream, free] : free_) busy = std::max(busy, free);
    call(name, function, busy - now_ + 1500);
  }
  // Events after this are of thread `id` (1 is the one that begins).
  void onThread(std::uint32_t id) {
    thread_ = ThreadId(id);
    builder_.add(ThreadRow{.id = thread_, .process = ProcessId(1), .osTid = 99 + id});
  }
  std::int64_t now() const { return now_; }
  void setNow(std::int64_t now) { now_ = now; }
  TraceBuilder &builder() { return builder_; }

  TraceView build() { return std::move(builder_.build()).value(); }

private:
  ThreadId thread_{1};

  // When work that a call has just started begins, and its stream is taken until it ends.
  Nanoseconds begin(std::uint32_t stream, std::int64_t duration) {
    if (free_.try_emplace(stream, 0).second)
      builder_.add(StreamRow{.id = StreamId(stream),
                             .process = ProcessId(1),
                             .device = DeviceId(1),
                             .cudaStream = stream + 6});
    const std::int64_t start = std::max(now_ + 1'500, free_[stream] + 1'000);
    free_[stream] = start + duration;
    return Nanoseconds(start);
  }

  Nanoseconds tick() { return Nanoseconds(now_ += 10); }

  FrameId frame(std::string_view function) {
    if (function.empty()) return {};
    const auto [entry, isNew] =
        frames_.try_emplace(std::string(function), static_cast<std::uint32_t>(frames_.size() + 1));
    const FrameId id(entry->second);
    if (isNew)
      builder_.add(FrameRow{.id = id,
                            .kind = FrameKind::kPython,
                            .function = builder_.intern(function),
                            .file = builder_.intern("script.py"),
                            .line = 10 * id.value,
                            .user = true});
    return id;
  }

  void addAllocation(AllocationAction action, std::uint64_t address, Allocator allocator) {
    builder_.add(AllocationEvent{.start = tick(),
                                 .lane = thread_,
                                 .action = action,
                                 .allocator = allocator,
                                 .address = address,
                                 .bytes = sizes_[address],
                                 .totalAllocated = -1,
                                 .totalReserved = -1});
  }

  TraceBuilder builder_;
  std::int64_t now_ = 1'000'000;
  std::int64_t steps_ = 0;
  Nanoseconds stepStart_;
  std::uint64_t nextAddress_ = 0;
  std::vector<OpEvent> open_;
  std::vector<RangeEvent> ranges_;
  std::uint32_t correlation_ = 0;
  std::map<std::uint32_t, std::int64_t> free_; // per stream: when its last work ends
  std::map<std::uint64_t, std::int64_t> sizes_;
  std::map<std::string, std::uint32_t> frames_;
};

} // namespace hotloop::test_support
