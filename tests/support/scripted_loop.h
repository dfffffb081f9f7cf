#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string_view>

#include "tests/support/scripted_device.h"
#include "tests/support/scripted_host.h"

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
class ScriptedLoop : public ScriptedHost {
public:
  using ScriptedHost::ScriptedHost;

  // From here on a device: calls of the host, and work that runs in order on its streams.
  void addDevice(std::uint32_t multiprocessors = 132, std::uint64_t memory = 80'000'000'000) {
    out().add(DeviceRow{.id = DeviceId(1),
                        .computeMajor = 9,
                        .multiprocessors = multiprocessors,
                        .memory = memory});
  }
  std::uint32_t call(std::string_view name, std::string_view function = {},
                     std::int64_t duration = 2000) {
    out().add(ApiEvent{.start = tick(),
                       .duration = Nanoseconds(duration),
                       .lane = thread_,
                       .name = out().intern(name),
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
    out().add(KernelEvent{.start = startOn(launch.stream, duration),
                          .duration = Nanoseconds(duration),
                          .lane = StreamId(launch.stream),
                          .name = out().intern(name),
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
    Nanoseconds start;
    if (how.blocks) start = startOn(how.stream, how.duration);
    const std::uint32_t correlation =
        call(how.call, function, how.blocks ? start.count + how.duration + 2'000 - now_ : how.host);
    if (!how.blocks) start = startOn(how.stream, how.duration);
    out().add(MemcpyEvent{.start = start,
                          .duration = Nanoseconds(how.duration),
                          .lane = StreamId(how.stream),
                          .name = out().intern(how.kind == 1 ? "[HtoD]" : "[DtoH]"),
                          .correlation = correlation,
                          .bytes = bytes,
                          .copyKind = how.kind,
                          .sourceKind = how.source,
                          .destinationKind = how.destination,
                          .async = how.call.ends_with("Async")});
  }
  // Where `name` is not the Async form, the host waits.
  void fill(std::uint64_t bytes, std::string_view function, std::string_view name,
            std::int64_t duration = 2'000) {
    const Nanoseconds start = startOn(1, duration);
    const bool waits = !name.ends_with("Async");
    const std::uint32_t correlation =
        call(name, function, waits ? start.count + duration + 2'000 - now_ : 1'400);
    out().add(MemsetEvent{.start = start,
                          .duration = Nanoseconds(duration),
                          .lane = StreamId(1),
                          .name = out().intern("[memset]"),
                          .correlation = correlation,
                          .bytes = bytes,
                          .memoryKind = 3});
  }
  // An event behind what `stream` has by now; its number.
  std::uint64_t record(std::uint32_t stream, std::string_view function) {
    meet(stream);
    const std::uint32_t recording = call("cudaEventRecord", function, 900);
    doneAt_[++eventSync_] = free_[stream];
    // Each stream has two events in turn, as programs that run a step ahead.
    eventOf_[eventSync_] = 2 * stream + records_[stream]++ % 2;
    out().add(EventRecordEvent{.start = Nanoseconds(free_[stream]),
                               .lane = StreamId(stream),
                               .event = eventOf_[eventSync_],
                               .eventSync = eventSync_,
                               .correlation = recording});
    return eventSync_;
  }
  // The host waits for an event; which one may not be on record.
  void waitFor(std::uint64_t event, std::string_view function, bool onRecord = true) {
    const std::int64_t wait = std::max<std::int64_t>(0, doneAt_[event] - now_) + 1'500;
    const std::uint32_t waiting = call("cudaEventSynchronize", function, wait);
    if (onRecord) addWait(event, waiting, wait, 1, 0);
  }
  // Stream `to` goes on when what `from` holds by now is done.
  void streamWaits(std::uint32_t to, std::uint32_t from, std::string_view function) {
    meet(to);
    const std::uint64_t event = record(from, function);
    addWait(event, call("cudaStreamWaitEvent", function, 900), 900, 2, to);
    free_[to] = std::max(free_[to], free_[from]);
  }
  // Waits for everything on the device.
  void synchronize(std::string_view function = {},
                   std::string_view name = "cudaDeviceSynchronize") {
    call(name, function, deviceDone() - now_ + 1500);
  }
  // When the device will be done with what it has; not before now.
  std::int64_t deviceDone() const {
    std::int64_t busy = now_;
    for (const auto &[stream, free] : free_) busy = std::max(busy, free);
    return busy;
  }

private:
  // Behind the call that waits.
  void addWait(std::uint64_t event, std::uint32_t waiting, std::int64_t duration, std::uint8_t kind,
               std::uint32_t stream) {
    out().add(SyncEvent{.start = Nanoseconds(now_ - duration),
                        .duration = Nanoseconds(duration),
                        .lane = thread_,
                        .name = out().intern(kind == 1 ? "event" : "stream waits for event"),
                        .kind = kind,
                        .stream = StreamId(stream),
                        .event = eventOf_[event],
                        .eventSync = event,
                        .correlation = waiting});
  }

  void meet(std::uint32_t stream) {
    if (free_.try_emplace(stream, 0).second)
      out().add(StreamRow{.id = StreamId(stream),
                          .process = ProcessId(1),
                          .device = DeviceId(1),
                          .cudaStream = stream + 6});
  }

  // When work that a call has just started begins, and its stream is taken until it ends.
  Nanoseconds startOn(std::uint32_t stream, std::int64_t duration) {
    meet(stream);
    const std::int64_t start = std::max(now_ + 1'500, free_[stream] + 1'000);
    free_[stream] = start + duration;
    return Nanoseconds(start);
  }

  std::uint32_t correlation_ = 0;
  std::uint64_t eventSync_ = 0;
  std::map<std::uint64_t, std::int64_t> doneAt_;   // per event
  std::map<std::uint64_t, std::uint32_t> eventOf_; // the CUDA event, used again and again
  std::map<std::uint32_t, std::uint32_t> records_; // per stream
  std::map<std::uint32_t, std::int64_t> free_;     // per stream: when its last work ends
};

} // namespace hotloop::test_support
