#pragma once

#include <cstdint>
#include <vector>

#include "analyzers/counters/call_kind.h"
#include "analyzers/counters/op_facts.h"
#include "analyzers/counters/rare_times.h"

namespace hotloop {

enum class ItemKind : std::uint8_t { kKernel, kCopy, kFill };

// One thing that a device did, with the call that started it. 32 bytes; a table of 2^30 rows would
// take more memory than there is.
struct DeviceItem {
  Nanoseconds start, end;
  StreamId stream;
  ItemKind kind : 2 = ItemKind::kKernel;
  std::uint32_t row : 30 = 0;    // of trace->kernels, memcpys or memsets
  std::uint32_t call = kNoIndex; // row of trace->apis; kNoIndex when no record tells
  std::uint32_t step = kNoIndex; // of the call, else of its own start

  Nanoseconds duration() const { return end - start; }
};

// What follows from the rows of CUDA calls and of device work of the process whose steps are
// looked at. The first columns have one entry per row of trace->apis.
//  kind     kOther for other processes, and for a driver call inside of the runtime call that has
//           its correlation id
//  op       innermost operator open on its thread, no scope; kNoIndex none
//  site     its own place, else that of `op`
//  path     that of `op`, else the ranges open when it began
//  previous, next   call on its thread that is not kOther; kNoIndex none
//  firstWork  what it started: that part of `started`, up to that of the next
//  waited   ns that it spent waiting for device work which was started before it: 0 when the work
//           it could wait for had ended already, or ends after it returned
//  idle     ns that the device of the process then stood still until the next work on it began
struct DeviceFacts {
  std::vector<CallKind> kind;
  std::vector<std::uint32_t> op;
  std::vector<std::uint32_t> step;
  std::vector<SiteIndex> site;
  std::vector<PathIndex> path;
  std::vector<std::uint32_t> previous, next;
  std::vector<std::uint32_t> firstWork; // and the end of the last
  RareTimes waited, idle;

  std::vector<DeviceItem> work;       // by start
  std::vector<std::uint32_t> started; // indices into `work`, by the call that started them
  struct Busy {
    Nanoseconds start, end;
  };
  std::vector<Busy> busy; // union of all work, by start

  std::size_t calls() const { return kind.size(); }
  std::uint32_t workCount(std::uint32_t call) const {
    return firstWork[call + 1] - firstWork[call];
  }
  // The first thing that a call started; null when it started nothing that was recorded.
  const DeviceItem *workOf(std::uint32_t call) const {
    return workCount(call) == 0 ? nullptr : &work[started[firstWork[call]]];
  }
  // Busy time of the device within [start, end).
  std::int64_t busyWithin(Nanoseconds start, Nanoseconds end) const;
  // From `moment` until the device is next busy; 0 when it is busy then or never again.
  std::int64_t idleFrom(Nanoseconds moment) const;
};

DeviceFacts computeDeviceFacts(const TraceView &trace, const Steps &steps, const SiteTable &sites,
                               const OpFacts &ops, RangePaths &paths);

} // namespace hotloop
