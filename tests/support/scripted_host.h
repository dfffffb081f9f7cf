#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/trace/trace_builder.h"
#include "core/trace/trace_view.h"

namespace hotloop::test_support {

// The host side of a run written by hand: see scripted_loop.h.
class ScriptedHost {
public:
  // Into memory, for build(); or into `sink`, which the caller finalises.
  explicit ScriptedHost(TraceSink *sink = nullptr) : given_(sink) {
    out().add(ProcessRow{.id = ProcessId(1), .osPid = 100});
    out().add(ThreadRow{.id = thread_, .process = ProcessId(1), .osTid = 100});
  }

  void beginStep() { stepStart_ = tick(); }
  void endStep() {
    out().add(StepEvent{.start = stepStart_,
                        .duration = tick() - stepStart_,
                        .lane = thread_,
                        .name = out().intern("step"),
                        .number = steps_++,
                        .source = StepSource::kApi});
  }

  // Opens an operator called in `function` of script.py ("" unknown place).
  void begin(std::string_view name, std::string_view function = {},
             OpScope scope = OpScope::kFunction, std::int64_t sequence = -1) {
    OpEvent op{.start = tick(),
               .lane = thread_,
               .name = out().intern(name),
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
    out().add(op);
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
                                 .name = out().intern(name),
                                 .kind = RangeKind::kPushPop,
                                 .endLane = thread_});
  }
  void popRange() {
    RangeEvent range = ranges_.back();
    ranges_.pop_back();
    range.duration = tick() - range.start;
    out().add(range);
  }

  void wait(std::int64_t ns) { now_ += ns; }
  // A range with a number in it, of no length.
  void markValue(std::string_view name, std::int64_t value) {
    out().add(RangeEvent{.start = tick(),
                         .lane = thread_,
                         .name = out().intern(name),
                         .kind = RangeKind::kMark,
                         .payloadKind = PayloadKind::kInteger,
                         .payloadInteger = value,
                         .endLane = thread_});
  }

  // Events after this are of thread `id` (1 is the one that begins).
  void onThread(std::uint32_t id) {
    thread_ = ThreadId(id);
    out().add(ThreadRow{.id = thread_, .process = ProcessId(1), .osTid = 99 + id});
  }
  std::int64_t now() const { return now_; }
  void setNow(std::int64_t now) { now_ = now; }
  TraceBuilder &builder() { return builder_; } // in memory
  TraceSink &out() { return given_ != nullptr ? *given_ : builder_; }

  TraceView build() { return std::move(builder_.build()).value(); }

protected:
  ThreadId thread_{1};

  Nanoseconds tick() { return Nanoseconds(now_ += 10); }

  FrameId frame(std::string_view function) {
    if (function.empty()) return {};
    const auto [entry, isNew] =
        frames_.try_emplace(std::string(function), static_cast<std::uint32_t>(frames_.size() + 1));
    const FrameId id(entry->second);
    if (isNew)
      out().add(FrameRow{.id = id,
                         .kind = FrameKind::kPython,
                         .function = out().intern(function),
                         .file = out().intern("script.py"),
                         .line = 10 * id.value,
                         .user = true});
    return id;
  }

  void addAllocation(AllocationAction action, std::uint64_t address, Allocator allocator) {
    out().add(AllocationEvent{.start = tick(),
                              .lane = thread_,
                              .action = action,
                              .allocator = allocator,
                              .address = address,
                              .bytes = sizes_[address],
                              .totalAllocated = -1,
                              .totalReserved = -1});
  }

  TraceBuilder builder_;
  TraceSink *given_ = nullptr;
  std::int64_t now_ = 1'000'000;
  std::int64_t steps_ = 0;
  Nanoseconds stepStart_;
  std::uint64_t nextAddress_ = 0;
  std::vector<OpEvent> open_;
  std::vector<RangeEvent> ranges_;
  std::map<std::uint64_t, std::int64_t> sizes_;
  std::map<std::string, std::uint32_t> frames_;
};

} // namespace hotloop::test_support
