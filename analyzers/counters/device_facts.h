#pragma once

#include <cstdint>
#include <optional>
#include <ranges>
#include <vector>

#include "analyzers/counters/call_kind.h"
#include "analyzers/counters/op_facts.h"
#include "analyzers/counters/rare_times.h"

namespace hotloop {

enum class ItemKind : std::uint8_t { kKernel, kCopy, kFill };

// One thing that a device did, with the call that started it.
struct DeviceItem {
  Nanoseconds start, end;
  StreamId stream;
  ItemKind kind = ItemKind::kKernel;
  std::uint32_t row = 0;         // of trace->kernels, memcpys or memsets
  std::uint32_t call = kNoIndex; // row of trace->apis; kNoIndex when no record tells
  std::uint32_t step = kNoIndex; // of the call, else of its own start

  Nanoseconds duration() const { return end - start; }
};

// Items by start, packed: read by value.
class DeviceItems {
public:
  std::size_t size() const { return start_.size(); }
  bool empty() const { return start_.empty(); }
  DeviceItem operator[](std::size_t i) const {
    return {start_[i], start_[i] + duration_[i], stream_[i], kind_[i], row_[i], call_[i], step_[i]};
  }
  // All of them, as a range.
  auto all() const {
    return std::views::iota(std::size_t{0}, size()) |
           std::views::transform([this](std::size_t i) { return (*this)[i]; });
  }
  void reserve(std::size_t rows);
  void push_back(const DeviceItem &item);

private:
  PackedColumn<Nanoseconds> start_, duration_;
  PackedColumn<StreamId> stream_;
  PackedColumn<ItemKind> kind_;
  PackedColumn<std::uint32_t> row_, call_, step_;
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
  PackedColumn<std::uint32_t> op;
  PackedColumn<std::uint32_t> step;
  PackedColumn<SiteIndex> site;
  PackedColumn<PathIndex> path;
  std::vector<std::uint32_t> previous, next;
  std::vector<std::uint32_t> firstWork; // and the end of the last
  RareTimes waited, idle;

  DeviceItems work;                   // by start
  std::vector<std::uint32_t> started; // indices into `work`, by the call that started them
  struct Busy {
    Nanoseconds start, end;
  };
  PackedColumn<Nanoseconds> busyStart, busyEnd; // union of all work, by start

  std::size_t calls() const { return kind.size(); }
  std::uint32_t workCount(std::uint32_t call) const {
    return firstWork[call + 1] - firstWork[call];
  }
  // The first thing that a call started; none when it started nothing that was recorded.
  std::optional<DeviceItem> workOf(std::uint32_t call) const {
    if (workCount(call) == 0) return std::nullopt;
    return work[started[firstWork[call]]];
  }
  // Busy time of the device within [start, end).
  std::int64_t busyWithin(Nanoseconds start, Nanoseconds end) const;
  // From `moment` until the device is next busy; 0 when it is busy then or never again.
  std::int64_t idleFrom(Nanoseconds moment) const;
};

DeviceFacts computeDeviceFacts(const TraceView &trace, const Steps &steps, const SiteTable &sites,
                               const OpFacts &ops, RangePaths &paths);

} // namespace hotloop
