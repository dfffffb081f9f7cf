#pragma once

#include "core/trace/table.h"

// What CUDA did: calls of the host (lane = thread) and work of the device (lane = stream). Empty in
// a run without a GPU. Codes are CUPTI's unless said otherwise.
namespace hotloop {

struct ApiTable {
  static constexpr TableInfo kInfo{"api", TableKind::kEvent, "CUDA runtime and driver calls"};
  template <template <class> class F> struct Fields {
    F<Nanoseconds> start{};
    F<Nanoseconds> duration{};
    F<ThreadId> lane{};
    F<StringId> name{};
    F<std::uint8_t> domain{};
    F<std::uint32_t> cbid{};
    F<std::uint32_t> correlation{};
    F<std::int32_t> status{};
    F<FrameId> location{};
    F<StackId> stack{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::start, {"start", Unit::kNanoseconds, "entry of the call"});
    visit(&R::duration, {"duration", Unit::kNanoseconds, "until it returned"});
    visit(&R::lane, {"lane", Unit::kId, "calling thread", "thread"});
    visit(&R::name, {"name", Unit::kId, "function without version suffix", "string"});
    visit(&R::domain, {"domain", Unit::kNone, "1 runtime, 2 driver"});
    visit(&R::cbid, {"cbid", Unit::kNone, "CUPTI callback id in its domain"});
    visit(&R::correlation, {"correlation", Unit::kNone, "ties the call to its device work"});
    visit(&R::status, {"status", Unit::kNone, "returned cudaError_t or CUresult"});
    visit(&R::location, {"location", Unit::kId, "leaf user frame in Python", "frame"});
    visit(&R::stack, {"stack", Unit::kId, "call stack, where one was taken", "stack"});
  }
};
using ApiEvent = RowOf<ApiTable>;
using ApiColumns = ColumnsOf<ApiTable>;

struct KernelTable {
  static constexpr TableInfo kInfo{"kernel", TableKind::kEvent, "kernels on the device"};
  template <template <class> class F> struct Fields {
    F<Nanoseconds> start{};
    F<Nanoseconds> duration{};
    F<StreamId> lane{};
    F<StringId> name{};
    F<std::uint32_t> correlation{};
    F<std::uint32_t> gridX{}, gridY{}, gridZ{};
    F<std::uint16_t> blockX{}, blockY{}, blockZ{};
    F<std::uint16_t> registers{};
    F<std::uint32_t> staticShared{}, dynamicShared{};
    F<std::uint32_t> graph{};
    F<std::uint64_t> graphNode{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::start, {"start", Unit::kNanoseconds, "first instruction on the device"});
    visit(&R::duration, {"duration", Unit::kNanoseconds, "until its last block ended"});
    visit(&R::lane, {"lane", Unit::kId, "stream", "stream"});
    visit(&R::name, {"name", Unit::kId, "mangled name", "string"});
    visit(&R::correlation, {"correlation", Unit::kNone, "of the launching call"});
    visit(&R::gridX, {"grid_x", Unit::kCount, "blocks"});
    visit(&R::gridY, {"grid_y", Unit::kCount, "blocks"});
    visit(&R::gridZ, {"grid_z", Unit::kCount, "blocks"});
    visit(&R::blockX, {"block_x", Unit::kCount, "threads"});
    visit(&R::blockY, {"block_y", Unit::kCount, "threads"});
    visit(&R::blockZ, {"block_z", Unit::kCount, "threads"});
    visit(&R::registers, {"registers", Unit::kCount, "registers per thread"});
    visit(&R::staticShared, {"static_shared", Unit::kBytes, "static shared memory per block"});
    visit(&R::dynamicShared, {"dynamic_shared", Unit::kBytes, "dynamic shared memory per block"});
    visit(&R::graph, {"graph", Unit::kNone, "CUDA graph it ran in; 0 none"});
    visit(&R::graphNode, {"graph_node", Unit::kNone, "node of that graph; 0 none"});
  }
};
using KernelEvent = RowOf<KernelTable>;
using KernelColumns = ColumnsOf<KernelTable>;

struct MemcpyTable {
  static constexpr TableInfo kInfo{"memcpy", TableKind::kEvent, "copies"};
  template <template <class> class F> struct Fields {
    F<Nanoseconds> start{};
    F<Nanoseconds> duration{};
    F<StreamId> lane{};
    F<StringId> name{};
    F<std::uint32_t> correlation{};
    F<std::uint64_t> bytes{};
    F<std::uint8_t> copyKind{}, sourceKind{}, destinationKind{};
    F<bool> async{};
    F<std::uint32_t> graph{};
    F<std::uint64_t> graphNode{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::start, {"start", Unit::kNanoseconds, "first byte"});
    visit(&R::duration, {"duration", Unit::kNanoseconds, "until the last byte"});
    visit(&R::lane, {"lane", Unit::kId, "stream", "stream"});
    visit(&R::name, {"name", Unit::kId, "direction in words, e.g. [HtoD]", "string"});
    visit(&R::correlation, {"correlation", Unit::kNone, "of the copying call"});
    visit(&R::bytes, {"bytes", Unit::kBytes, "moved"});
    visit(&R::copyKind, {"copy_kind", Unit::kNone, "1 HtoD, 2 DtoH, 8 DtoD, 10 peer to peer"});
    visit(&R::sourceKind,
          {"source_kind", Unit::kNone, "1 pageable, 2 pinned, 3 device, 5 managed"});
    visit(&R::destinationKind, {"destination_kind", Unit::kNone, "as source_kind"});
    visit(&R::async, {"async", Unit::kNone, "1 when asked for by an Async call"});
    visit(&R::graph, {"graph", Unit::kNone, "CUDA graph it ran in; 0 none"});
    visit(&R::graphNode, {"graph_node", Unit::kNone, "node of that graph; 0 none"});
  }
};
using MemcpyEvent = RowOf<MemcpyTable>;
using MemcpyColumns = ColumnsOf<MemcpyTable>;

struct MemsetTable {
  static constexpr TableInfo kInfo{"memset", TableKind::kEvent, "fills"};
  template <template <class> class F> struct Fields {
    F<Nanoseconds> start{};
    F<Nanoseconds> duration{};
    F<StreamId> lane{};
    F<StringId> name{};
    F<std::uint32_t> correlation{};
    F<std::uint64_t> bytes{};
    F<std::uint32_t> value{};
    F<std::uint8_t> memoryKind{};
    F<std::uint32_t> graph{};
    F<std::uint64_t> graphNode{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::start, {"start", Unit::kNanoseconds, "first byte"});
    visit(&R::duration, {"duration", Unit::kNanoseconds, "until the last byte"});
    visit(&R::lane, {"lane", Unit::kId, "stream", "stream"});
    visit(&R::name, {"name", Unit::kId, "[memset]", "string"});
    visit(&R::correlation, {"correlation", Unit::kNone, "of the filling call"});
    visit(&R::bytes, {"bytes", Unit::kBytes, "filled"});
    visit(&R::value, {"value", Unit::kNone, "written value"});
    visit(&R::memoryKind,
          {"memory_kind", Unit::kNone, "1 pageable, 2 pinned, 3 device, 5 managed"});
    visit(&R::graph, {"graph", Unit::kNone, "CUDA graph it ran in; 0 none"});
    visit(&R::graphNode, {"graph_node", Unit::kNone, "node of that graph; 0 none"});
  }
};
using MemsetEvent = RowOf<MemsetTable>;
using MemsetColumns = ColumnsOf<MemsetTable>;

struct SyncTable {
  static constexpr TableInfo kInfo{"sync", TableKind::kEvent,
                                   "synchronisations as CUPTI reports them"};
  template <template <class> class F> struct Fields {
    F<Nanoseconds> start{};
    F<Nanoseconds> duration{};
    F<ThreadId> lane{};
    F<StringId> name{};
    F<std::uint8_t> kind{};
    F<StreamId> stream{};
    F<std::uint32_t> event{};
    F<std::uint64_t> eventSync{};
    F<std::uint32_t> correlation{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::start, {"start", Unit::kNanoseconds, "when the wait began"});
    visit(&R::duration, {"duration", Unit::kNanoseconds, "until it was over"});
    visit(&R::lane, {"lane", Unit::kId, "waiting thread; 0 when CUPTI does not tell", "thread"});
    visit(&R::name, {"name", Unit::kId, "kind in words", "string"});
    visit(&R::kind, {"kind", Unit::kNone,
                     "1 event, 2 stream waits for event (not a host stall), 3 stream, 4 context"});
    visit(&R::stream, {"stream", Unit::kId, "stream waited for; 0 none", "stream"});
    visit(&R::event, {"event", Unit::kNone, "CUDA event id; 0 none"});
    visit(&R::eventSync, {"event_sync", Unit::kNone, "joins event_record.event_sync; 0 none"});
    visit(&R::correlation, {"correlation", Unit::kNone, "of the waiting call"});
  }
};
using SyncEvent = RowOf<SyncTable>;
using SyncColumns = ColumnsOf<SyncTable>;

struct EventRecordTable {
  static constexpr TableInfo kInfo{"event_record", TableKind::kEvent,
                                   "cudaEventRecord on a stream"};
  template <template <class> class F> struct Fields {
    F<Nanoseconds> start{};
    F<Nanoseconds> duration{};
    F<StreamId> lane{};
    F<StringId> name{};
    F<std::uint32_t> event{};
    F<std::uint64_t> eventSync{};
    F<std::uint32_t> correlation{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::start, {"start", Unit::kNanoseconds, "0 when CUPTI gives no device time"});
    visit(&R::duration, {"duration", Unit::kNanoseconds, "0"});
    visit(&R::lane, {"lane", Unit::kId, "stream recorded on", "stream"});
    visit(&R::name, {"name", Unit::kId, "empty", "string"});
    visit(&R::event, {"event", Unit::kNone, "CUDA event id"});
    visit(&R::eventSync, {"event_sync", Unit::kNone, "joins sync.event_sync"});
    visit(&R::correlation, {"correlation", Unit::kNone, "of the recording call"});
  }
};
using EventRecordEvent = RowOf<EventRecordTable>;
using EventRecordColumns = ColumnsOf<EventRecordTable>;

struct OverheadTable {
  static constexpr TableInfo kInfo{"overhead", TableKind::kEvent,
                                   "time that CUDA or CUPTI spent beside the program's work"};
  template <template <class> class F> struct Fields {
    F<Nanoseconds> start{};
    F<Nanoseconds> duration{};
    F<ThreadId> lane{};
    F<StringId> name{};
    F<std::uint32_t> kind{};
    F<std::uint32_t> correlation{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::start, {"start", Unit::kNanoseconds, "when it began"});
    visit(&R::duration, {"duration", Unit::kNanoseconds, "until it was over"});
    visit(&R::lane, {"lane", Unit::kId, "thread that it held up; 0 none", "thread"});
    visit(&R::name, {"name", Unit::kId, "kind in words, e.g. lazy function loading", "string"});
    visit(&R::kind, {"kind", Unit::kNone,
                     "1 compiler, 65536 times: 1 CUPTI flush, 2 CUPTI instrumentation, 3 CUPTI "
                     "resource, 4 module loading, 5 lazy function loading, 6 command buffer full"});
    visit(&R::correlation, {"correlation", Unit::kNone, "of the call that it lies in; 0 none"});
  }
};
using OverheadEvent = RowOf<OverheadTable>;
using OverheadColumns = ColumnsOf<OverheadTable>;

} // namespace hotloop
