#pragma once

#include "core/trace/table.h"

// Events that happen on a thread of the program. lane = the thread.
namespace hotloop {

// at::RecordScope of LibTorch, as far as we record it. Stored as its number.
enum class OpScope : std::uint8_t {
  kFunction = 0,
  kBackwardFunction = 1,
  kUserScope = 7,
  kOther = 9
};

struct OpTable {
  static constexpr TableInfo kInfo{"op", TableKind::kEvent, "LibTorch operators and user scopes"};
  template <template <class> class F> struct Fields {
    F<Nanoseconds> start{};
    F<Nanoseconds> duration{};
    F<ThreadId> lane{};
    F<StringId> name{};
    F<OpScope> scope{};
    F<std::uint16_t> depth{};
    F<std::int64_t> sequence{};
    F<std::uint32_t> forwardThread{};
    F<FrameId> location{};
    F<StackId> stack{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::start, {"start", Unit::kNanoseconds, "when the operator began"});
    visit(&R::duration, {"duration", Unit::kNanoseconds, "until it returned, children included"});
    visit(&R::lane, {"lane", Unit::kId, "thread that ran it", "thread"});
    visit(&R::name, {"name", Unit::kId, "schema name, e.g. aten::mm", "string"});
    visit(&R::scope,
          {"scope", Unit::kNone, "0 function, 1 backward function, 7 user scope, 9 other"});
    visit(&R::depth,
          {"depth", Unit::kCount, "operators open below it on this thread; 0 = outermost"});
    visit(&R::sequence, {"sequence", Unit::kNone,
                         "autograd sequence number that ties backward to forward; -1 none"});
    visit(&R::forwardThread, {"forward_thread", Unit::kNone,
                              "LibTorch's number of the thread that ran the forward; 0 none"});
    visit(&R::location, {"location", Unit::kId, "leaf user frame in Python", "frame"});
    visit(&R::stack, {"stack", Unit::kId, "call stack, where one was taken", "stack"});
  }
};
using OpEvent = RowOf<OpTable>;
using OpColumns = ColumnsOf<OpTable>;

enum class RangeKind : std::uint8_t { kPushPop = 1, kStartEnd = 2, kMark = 3 };
// NVTX payload types, by what the stored value holds.
enum class PayloadKind : std::uint8_t { kNone = 0, kInteger = 1, kReal = 2 };

struct RangeTable {
  static constexpr TableInfo kInfo{"range", TableKind::kEvent, "NVTX ranges and marks"};
  template <template <class> class F> struct Fields {
    F<Nanoseconds> start{};
    F<Nanoseconds> duration{};
    F<ThreadId> lane{};
    F<StringId> name{};
    F<RangeKind> kind{};
    F<StringId> domain{};
    F<std::uint16_t> depth{};
    F<std::uint32_t> category{};
    F<std::uint32_t> color{};
    F<PayloadKind> payloadKind{};
    F<std::int64_t> payloadInteger{};
    F<double> payloadReal{};
    F<ThreadId> endLane{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::start, {"start", Unit::kNanoseconds, "push, start or mark"});
    visit(&R::duration, {"duration", Unit::kNanoseconds, "until pop or end; 0 for marks"});
    visit(&R::lane, {"lane", Unit::kId, "thread that opened it", "thread"});
    visit(&R::name, {"name", Unit::kId, "message", "string"});
    visit(&R::kind, {"kind", Unit::kNone, "1 push/pop, 2 start/end, 3 mark"});
    visit(&R::domain, {"domain", Unit::kId, "NVTX domain; empty = default", "string"});
    visit(&R::depth, {"depth", Unit::kCount, "push/pop ranges open below it in its domain"});
    visit(&R::category, {"category", Unit::kNone, "NVTX category number; 0 none"});
    visit(&R::color, {"color", Unit::kNone, "ARGB; 0 none"});
    visit(&R::payloadKind, {"payload_kind", Unit::kNone, "0 none, 1 integer, 2 real"});
    visit(&R::payloadInteger, {"payload_integer", Unit::kNone, "payload when payload_kind = 1"});
    visit(&R::payloadReal, {"payload_real", Unit::kNone, "payload when payload_kind = 2"});
    visit(&R::endLane, {"end_lane", Unit::kId, "thread that closed it", "thread"});
  }
};
using RangeEvent = RowOf<RangeTable>;
using RangeColumns = ColumnsOf<RangeTable>;

enum class AllocationAction : std::uint8_t {
  kAllocate = 1,
  kFree = 2,
  kSegmentAllocate = 3,
  kSegmentFree = 4,
  kOutOfMemory = 5,
  kRetry = 6,
};
// Who hands out the memory.
enum class Allocator : std::uint8_t {
  kTorchCpu = 1,
  kTorchCuda = 2,  // PyTorch's caching allocator
  kCudaDevice = 3, // cudaMalloc and friends
  kCudaPinned = 4, // cudaHostAlloc, cudaHostRegister
  kCudaStreamOrdered = 5,
  kCudaVirtual = 6,
  kCudaManaged = 7,
};

struct AllocationTable {
  static constexpr TableInfo kInfo{"allocation", TableKind::kEvent,
                                   "memory taken and given back, host and device"};
  template <template <class> class F> struct Fields {
    F<Nanoseconds> start{};
    F<Nanoseconds> duration{};
    F<ThreadId> lane{};
    F<StringId> name{};
    F<AllocationAction> action{};
    F<Allocator> allocator{};
    F<DeviceId> device{};
    F<std::uint64_t> address{};
    F<std::int64_t> bytes{};
    F<std::int64_t> totalAllocated{};
    F<std::int64_t> totalReserved{};
    F<std::uint32_t> correlation{};
    F<FrameId> location{};
    F<StackId> stack{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::start, {"start", Unit::kNanoseconds, "when it happened"});
    visit(&R::duration, {"duration", Unit::kNanoseconds, "of the call where known, else 0"});
    visit(&R::lane, {"lane", Unit::kId, "thread that asked", "thread"});
    visit(&R::name, {"name", Unit::kId, "function where known, else empty", "string"});
    visit(&R::action,
          {"action", Unit::kNone,
           "1 allocate, 2 free, 3 segment allocate, 4 segment free, 5 out of memory, 6 retry"});
    visit(&R::allocator, {"allocator", Unit::kNone,
                          "1 torch CPU, 2 torch CUDA caching, 3 cudaMalloc, 4 pinned, 5 stream "
                          "ordered, 6 virtual, 7 managed"});
    visit(&R::device, {"device", Unit::kId, "device of the memory; 0 = host", "device"});
    visit(&R::address, {"address", Unit::kNone, "start of the block"});
    visit(&R::bytes,
          {"bytes", Unit::kBytes, "size of the block, positive for frees too; 0 unknown"});
    visit(&R::totalAllocated, {"total_allocated", Unit::kBytes, "live bytes after it; -1 unknown"});
    visit(&R::totalReserved,
          {"total_reserved", Unit::kBytes, "reserved bytes after it; -1 unknown"});
    visit(&R::correlation, {"correlation", Unit::kNone, "CUPTI correlation id; 0 none"});
    visit(&R::location, {"location", Unit::kId, "leaf user frame in Python", "frame"});
    visit(&R::stack, {"stack", Unit::kId, "call stack, where one was taken", "stack"});
  }
};
using AllocationEvent = RowOf<AllocationTable>;
using AllocationColumns = ColumnsOf<AllocationTable>;

enum class StepSource : std::uint8_t {
  kApi = 1,      // hotloop_step_begin/end
  kNvtx = 2,     // NVTX range step*
  kProfiler = 3, // ProfilerStep# of torch.profiler
  kDetected = 4, // by the repeating operator or launch sequence
};

struct StepTable {
  static constexpr TableInfo kInfo{"step", TableKind::kEvent, "iterations of the hot loop"};
  template <template <class> class F> struct Fields {
    F<Nanoseconds> start{};
    F<Nanoseconds> duration{};
    F<ThreadId> lane{};
    F<StringId> name{};
    F<std::int64_t> number{};
    F<StepSource> source{};
    F<bool> steady{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::start, {"start", Unit::kNanoseconds, "when the step began"});
    visit(&R::duration, {"duration", Unit::kNanoseconds, "until it ended"});
    visit(&R::lane, {"lane", Unit::kId, "thread that marked it", "thread"});
    visit(&R::name, {"name", Unit::kId, "text of the mark", "string"});
    visit(&R::number, {"number", Unit::kCount, "as the program counts, else from 0"});
    visit(&R::source, {"source", Unit::kNone,
                       "1 hotloop_step, 2 NVTX, 3 ProfilerStep#, 4 detected by repetition"});
    visit(&R::steady, {"steady", Unit::kNone, "1 after warm-up, set by the analyzers"});
  }
};
using StepEvent = RowOf<StepTable>;
using StepColumns = ColumnsOf<StepTable>;

} // namespace hotloop
