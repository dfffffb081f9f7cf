#include "cli/gate/injection.h"

#include <algorithm>

#include "analyzers/steps/lanes.h"
#include "analyzers/steps/steps.h"
#include "core/trace/trace_builder.h"

namespace hotloop::cli {

namespace {

// The middle of the longest moment of the step at which no operator is open on its thread.
Nanoseconds gapIn(const TraceView &trace, const Step &step, ThreadId lane) {
  const auto &ops = trace->ops;
  Nanoseconds open = step.start;
  Nanoseconds from = step.start, longest;
  const auto close = [&](Nanoseconds until) {
    if (until - open > longest) {
      longest = until - open;
      from = open;
    }
  };
  const auto first = std::ranges::lower_bound(ops.start, step.start) - ops.start.begin();
  for (auto i = static_cast<std::size_t>(first); i < ops.start.size() && ops.start[i] < step.end;
       ++i) {
    if (ops.lane[i] != lane || ops.scope[i] == OpScope::kUserScope) continue;
    close(ops.start[i]);
    open = std::max(open, endOf(ops.start[i], ops.duration[i]));
  }
  close(step.end);
  return from + Nanoseconds(longest.count / 2);
}

// Column by column; texts keep their ids, which are given in order.
TraceData copyOf(const TraceView &trace) {
  TraceData copy;
  copy.meta = trace->meta;
  for (std::uint32_t id = 1; id < trace->strings.size(); ++id)
    copy.strings.intern(trace->strings.text(StringId(id)));
  AllTables::forEach(
      [&]<class Table>() { copy.columns<Table>() = trace->template columns<Table>(); });
  return copy;
}

} // namespace

Result<TraceView> withInjection(const TraceView &trace, Injected what) {
  const Steps steps = findSteps(trace, -1);
  if (!steps.whyNone.empty()) return Unexpected(nothingMeasured(steps.whyNone));
  const bool device = trace.hasDeviceRecords();
  TraceBuilder builder(copyOf(trace));
  FrameRow frame;
  frame.id = FrameId(static_cast<std::uint32_t>(trace->frames.id.size() + 1));
  frame.kind = FrameKind::kPython;
  frame.function = builder.intern("injected");
  frame.file = builder.intern("hotloop_selftest.py");
  frame.line = 1;
  frame.user = true;
  builder.add(frame);
  std::uint32_t correlation = 0;
  for (const std::uint32_t used : trace->apis.correlation)
    correlation = std::max(correlation, used);
  // As such a run shows device memory: as rows, or, in a trace of another tool, as calls only.
  const bool allocatesByCall =
      device && std::ranges::none_of(trace->allocations.allocator,
                                     [](Allocator by) { return by >= Allocator::kCudaDevice; });
  std::uint64_t address = 0x7000'0000'0000;
  for (const Step &step : steps.all) {
    const Nanoseconds at = gapIn(trace, step, steps.lane);
    const Nanoseconds length(std::min<std::int64_t>((step.end - at).count, 2));
    if (what == Injected::kAllocation && !allocatesByCall) {
      AllocationEvent block;
      block.start = at;
      block.lane = steps.lane;
      block.action = AllocationAction::kAllocate;
      block.allocator = device ? Allocator::kCudaDevice : Allocator::kTorchCpu;
      block.address = address += 0x10000;
      block.bytes = 64;
      block.totalAllocated = block.totalReserved = -1;
      block.location = frame.id;
      builder.add(block);
      continue;
    }
    if (!device) {
      OpEvent op;
      op.start = at;
      op.duration = length;
      op.lane = steps.lane;
      op.name = builder.intern(what == Injected::kSync ? "aten::_local_scalar_dense" : "aten::mm");
      op.sequence = -1;
      op.location = frame.id;
      builder.add(op);
      continue;
    }
    ApiEvent call;
    call.start = at;
    call.duration = length;
    call.lane = steps.lane;
    call.name = builder.intern(what == Injected::kSync         ? "cudaStreamSynchronize"
                               : what == Injected::kAllocation ? "cudaMalloc"
                                                               : "cudaLaunchKernel");
    call.domain = 1;
    call.correlation = ++correlation;
    call.location = frame.id;
    builder.add(call);
    if (what == Injected::kLaunch) {
      KernelEvent kernel;
      kernel.start = at + length;
      kernel.duration = Nanoseconds(1);
      kernel.name = builder.intern("hotloop_selftest");
      kernel.lane = trace->kernels.lane.empty() ? StreamId() : trace->kernels.lane[0];
      kernel.correlation = correlation;
      builder.add(kernel);
    }
  }
  return builder.build();
}

} // namespace hotloop::cli
