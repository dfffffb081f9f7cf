#pragma once

#include "core/trace/table.h"

// Things that events refer to. `id` is the primary key; rows may be replaced while recording.
namespace hotloop {

struct ProcessTable {
  static constexpr TableInfo kInfo{"process", TableKind::kEntity, "processes of the run"};
  template <template <class> class F> struct Fields {
    F<ProcessId> id{};
    F<std::uint32_t> osPid{};
    F<ProcessId> parent{};
    F<Nanoseconds> start{};
    F<Nanoseconds> end{};
    F<StringId> name{};
    F<StringId> commandLine{};
    F<std::int32_t> exitStatus{};
    F<std::int32_t> rank{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::id, {"id", Unit::kId, "primary key"});
    visit(&R::osPid, {"os_pid", Unit::kNone, "process id of the operating system"});
    visit(&R::parent, {"parent", Unit::kId, "recorded parent; 0 none", "process"});
    visit(&R::start, {"start", Unit::kNanoseconds, "first sign of life"});
    visit(&R::end, {"end", Unit::kNanoseconds, "last sign of life; 0 while it runs"});
    visit(&R::name, {"name", Unit::kId, "executable name", "string"});
    visit(&R::commandLine, {"command_line", Unit::kId, "arguments, shell-quoted", "string"});
    visit(&R::exitStatus, {"exit_status", Unit::kNone, "exit code, 128+signal; -1 unknown"});
    visit(&R::rank, {"rank", Unit::kNone, "rank in a distributed job; -1 none"});
  }
};
using ProcessRow = RowOf<ProcessTable>;
using ProcessColumns = ColumnsOf<ProcessTable>;

struct ThreadTable {
  static constexpr TableInfo kInfo{"thread", TableKind::kEntity,
                                   "threads: the lanes of host events"};
  template <template <class> class F> struct Fields {
    F<ThreadId> id{};
    F<ProcessId> process{};
    F<std::uint32_t> osTid{};
    F<StringId> name{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::id, {"id", Unit::kId, "primary key"});
    visit(&R::process, {"process", Unit::kId, "its process", "process"});
    visit(&R::osTid, {"os_tid", Unit::kNone, "thread id of the operating system"});
    visit(&R::name, {"name", Unit::kId, "name the program gave it, else empty", "string"});
  }
};
using ThreadRow = RowOf<ThreadTable>;
using ThreadColumns = ColumnsOf<ThreadTable>;

struct DeviceTable {
  static constexpr TableInfo kInfo{"device", TableKind::kEntity, "GPUs"};
  template <template <class> class F> struct Fields {
    F<DeviceId> id{};
    F<std::uint32_t> ordinal{};
    F<StringId> name{};
    F<StringId> uuid{};
    F<std::uint16_t> computeMajor{}, computeMinor{};
    F<std::uint32_t> multiprocessors{};
    F<std::uint64_t> memory{};
    F<std::uint64_t> clock{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::id, {"id", Unit::kId, "primary key"});
    visit(&R::ordinal, {"ordinal", Unit::kNone, "number in the process"});
    visit(&R::name, {"name", Unit::kId, "e.g. NVIDIA H200", "string"});
    visit(&R::uuid, {"uuid", Unit::kId, "as nvidia-smi -L prints it", "string"});
    visit(&R::computeMajor, {"compute_major", Unit::kNone, "compute capability"});
    visit(&R::computeMinor, {"compute_minor", Unit::kNone, "compute capability"});
    visit(&R::multiprocessors, {"multiprocessors", Unit::kCount, "SMs"});
    visit(&R::memory, {"memory", Unit::kBytes, "total device memory"});
    visit(&R::clock, {"clock", Unit::kHertz, "maximum SM clock"});
  }
};
using DeviceRow = RowOf<DeviceTable>;
using DeviceColumns = ColumnsOf<DeviceTable>;

struct StreamTable {
  static constexpr TableInfo kInfo{"stream", TableKind::kEntity,
                                   "streams: the lanes of device events"};
  template <template <class> class F> struct Fields {
    F<StreamId> id{};
    F<ProcessId> process{};
    F<DeviceId> device{};
    F<std::uint32_t> context{};
    F<std::uint32_t> cudaStream{};
    F<StringId> name{};
    F<std::int32_t> priority{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::id, {"id", Unit::kId, "primary key"});
    visit(&R::process, {"process", Unit::kId, "its process", "process"});
    visit(&R::device, {"device", Unit::kId, "its device", "device"});
    visit(&R::context, {"context", Unit::kNone, "CUDA context id"});
    visit(&R::cudaStream, {"cuda_stream", Unit::kNone, "CUPTI's stream id"});
    visit(&R::name, {"name", Unit::kId, "name the program gave it, else empty", "string"});
    visit(&R::priority, {"priority", Unit::kNone, "CUDA priority"});
  }
};
using StreamRow = RowOf<StreamTable>;
using StreamColumns = ColumnsOf<StreamTable>;

enum class FrameKind : std::uint8_t { kNative = 1, kPython = 2 };

struct FrameTable {
  static constexpr TableInfo kInfo{"frame", TableKind::kEntity, "places in code"};
  template <template <class> class F> struct Fields {
    F<FrameId> id{};
    F<FrameKind> kind{};
    F<StringId> function{};
    F<StringId> file{};
    F<std::uint32_t> line{};
    F<StringId> module{};
    F<std::uint64_t> offset{};
    F<FrameId> inlinedInto{};
    F<bool> user{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::id, {"id", Unit::kId, "primary key"});
    visit(&R::kind, {"kind", Unit::kNone, "1 native, 2 Python"});
    visit(&R::function, {"function", Unit::kId, "demangled or qualified name", "string"});
    visit(&R::file, {"file", Unit::kId, "source file; empty unknown", "string"});
    visit(&R::line, {"line", Unit::kNone, "source line; 0 unknown"});
    visit(&R::module, {"module", Unit::kId, "native: path of the binary", "string"});
    visit(&R::offset, {"offset", Unit::kBytes, "native: return address minus the module's base"});
    visit(&R::inlinedInto, {"inlined_into", Unit::kId,
                            "the caller that this frame was inlined into; 0 none", "frame"});
    visit(&R::user, {"user", Unit::kNone, "1 when it is the user's code, not a library's"});
  }
};
using FrameRow = RowOf<FrameTable>;
using FrameColumns = ColumnsOf<FrameTable>;

struct StackTable {
  static constexpr TableInfo kInfo{
      "stack", TableKind::kEntity,
      "call stacks as a tree: a row is a frame called from its parent's"};
  template <template <class> class F> struct Fields {
    F<StackId> id{};
    F<StackId> parent{};
    F<FrameId> frame{};
    F<std::uint16_t> depth{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::id, {"id", Unit::kId, "primary key; events name the innermost row"});
    visit(&R::parent,
          {"parent", Unit::kId, "caller; 0 outermost. Python frames are the callers of native ones",
           "stack"});
    visit(&R::frame, {"frame", Unit::kId, "place in code", "frame"});
    visit(&R::depth, {"depth", Unit::kCount, "rows above it; 0 outermost"});
  }
};
using StackRow = RowOf<StackTable>;
using StackColumns = ColumnsOf<StackTable>;

struct GraphNodeTable {
  static constexpr TableInfo kInfo{"graph_node", TableKind::kEntity,
                                   "nodes of captured CUDA graphs"};
  template <template <class> class F> struct Fields {
    F<std::uint64_t> id{};
    F<ProcessId> process{};
    F<std::uint32_t> graph{};
    F<std::uint64_t> original{};
    F<StringId> name{};
    F<std::uint8_t> kind{};
    F<FrameId> location{};
    F<StackId> stack{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::id, {"id", Unit::kId, "CUPTI's node id"});
    visit(&R::process, {"process", Unit::kId, "its process", "process"});
    visit(&R::graph, {"graph", Unit::kNone, "CUPTI's graph id"});
    visit(&R::original,
          {"original", Unit::kNone, "node it was cloned from at instantiation; 0 none"});
    visit(&R::name, {"name", Unit::kId, "operator or call that was captured", "string"});
    visit(&R::kind, {"kind", Unit::kNone, "CUgraphNodeType"});
    visit(&R::location, {"location", Unit::kId, "leaf user frame at capture", "frame"});
    visit(&R::stack, {"stack", Unit::kId, "call stack at capture", "stack"});
  }
};
using GraphNodeRow = RowOf<GraphNodeTable>;
using GraphNodeColumns = ColumnsOf<GraphNodeTable>;

struct ClockSyncTable {
  static constexpr TableInfo kInfo{"clock_sync", TableKind::kEvent,
                                   "readings of two clocks at one moment"};
  template <template <class> class F> struct Fields {
    F<Nanoseconds> monotonic{};
    F<std::uint64_t> ticks{};
    F<std::int64_t> realtime{};
    F<ProcessId> process{};
  };
  template <template <class> class F, class Visit> static constexpr void columns(Visit &&visit) {
    using R = Fields<F>;
    visit(&R::monotonic, {"monotonic", Unit::kNanoseconds, "CLOCK_MONOTONIC"});
    visit(&R::ticks, {"ticks", Unit::kCount, "time-stamp counter; 0 when not used"});
    visit(&R::realtime,
          {"realtime", Unit::kNone, "CLOCK_REALTIME in ns since 1970; 0 when not taken"});
    visit(&R::process, {"process", Unit::kId, "0 = the recorder", "process"});
  }
};
using ClockSyncRow = RowOf<ClockSyncTable>;
using ClockSyncColumns = ColumnsOf<ClockSyncTable>;

} // namespace hotloop
