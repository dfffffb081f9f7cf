#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/ring/ring_format.h"

// What a collector inside libhotloop.so uses to record (the C table of producer_api.h wraps the
// same functions for plugins). Everything here may be called from any thread at any time, never
// blocks on the reader, never throws and allocates nothing after a thread's first call. In a
// process that is not recorded, could not set up its rings, or inside our own recording, the calls
// do nothing.
struct HotloopProducerApi; // producer_api.h

namespace hotloop::inject {

// What is recorded of CUDA: graph replays as a whole, or each kernel in them, or also every call.
enum class CudaDetail : std::uint8_t { kGraph, kKernel, kAll };

// What `hotloop record` asked for (environment, read once when the library is loaded).
struct Options {
  bool recording = false; // a live folder was named
  bool operators = true;
  bool nvtx = true;
  bool pythonFrames = true;
  bool stacks = true;
  bool launchStacks = false; // at kernel launches too, sampled
  bool cuda = true;
  CudaDetail cudaDetail = CudaDetail::kKernel;
  const char *cuptiPath = nullptr; // of libcupti.so.13, before the places where it is looked for
  const char *cuptiHint = nullptr; // the same, after them
  const char *rawFolder = nullptr; // takes CUPTI's buffers as they come
  char torchAttachment[16] = {};   // for tests: plugin, replica or none instead of what fits
  char torchVersion[32] = {};      // for tests: instead of the one found
};
const Options &options() noexcept;

// Now, on the clock that the region's header names: time-stamp counter ticks or CLOCK_MONOTONIC ns.
std::uint64_t stamp() noexcept;

// Pointers that collectors keep per thread: zero at first use and again in a forked child. The
// destructor, if one is set, runs when the thread ends.
enum class Slot : std::uint32_t { kPython, kTorch, kNvtx, kCount };

// One thread's recording state; opaque here (thread_state.h). Never null inside a FrameWalker call.
struct ThreadState;
void *&slot(ThreadState &thread, Slot slot) noexcept;
void setSlotDestructor(Slot slot, void (*destroy)(void *) noexcept) noexcept;

// Definitions, for use inside FrameWalker calls: same content, same id on a thread as long as its
// cache holds it, else a new record. 0: "" or no room (then the event that needs it is dropped and
// counted). Ids are the thread's own and good as long as epoch(thread), never 0, stays the same:
// whoever keeps ids keeps the epoch beside them.
std::uint32_t epoch(const ThreadState &thread) noexcept;
std::uint32_t internString(ThreadState &thread, std::string_view text) noexcept;
std::uint32_t internPythonFrame(ThreadState &thread, std::string_view function,
                                std::string_view file, std::uint32_t line, bool user) noexcept;

// Has `work` called once, soon, by a thread of ours that holds no locks; false when there is none.
bool callLater(void (*work)() noexcept) noexcept;
// The thread that does so; `wake` makes it look for work.
void setWorker(void (*wake)() noexcept) noexcept;
void doWork() noexcept;

// How Python frames are found; filled by collectors/python. Both are called on the thread whose
// frames are asked for, with or without the GIL, while it is inside LibTorch or NVTX, possibly
// under allocator locks: no Python API that allocates, no locks. Both return 0 at once when the
// process holds no Python, and attach by themselves when it appears.
struct FrameWalker {
  // Id (internPythonFrame) of the innermost frame that is the user's code, else of the innermost
  // one.
  std::uint32_t (*leaf)(ThreadState &thread) noexcept;
  // Ids of all frames, innermost first; returns how many were written to `ids`.
  std::size_t (*stack)(ThreadState &thread, std::uint32_t *ids, std::size_t capacity) noexcept;
};
void setFrameWalker(const FrameWalker *walker) noexcept; // null: none

// One operator; begin and end nest per thread. Takes the Python location, and a full stack where
// operatorTraits(name) has kHostSync. `name` need not outlive the call; scope is at::RecordScope;
// sequence -1 none; forwardThread 0 none.
void opBegin(std::string_view name, std::uint8_t scope, std::int64_t sequence,
             std::uint32_t forwardThread) noexcept;
void opEnd() noexcept;

// bytes > 0 takes memory, < 0 gives it back. device: -1 host. allocator: hotloop::Allocator.
// Totals: -1 unknown. Takes a full stack (not for frees) while the thread's token bucket lasts.
void allocation(std::uint8_t allocator, std::uint64_t address, std::int64_t bytes,
                std::int64_t totalAllocated, std::int64_t totalReserved,
                std::int16_t device) noexcept;

// What a caching allocator does beside handing out blocks: its segments, retries, failures. action:
// hotloop::AllocationAction.
void allocatorEvent(std::uint8_t action, std::uint8_t allocator, std::uint64_t address,
                    std::int64_t bytes, std::int16_t device) noexcept;

// Steps do not nest: a begin while one is open ends that one.
void stepBegin(std::int64_t number) noexcept;
void stepEnd() noexcept;

// NVTX, see collectors/nvtx.
struct RangeAttributes {
  std::string_view name;
  std::uint32_t domain = 0; // index that the NVTX collector gave the domain; 0 default
  std::string_view domainName;
  std::uint32_t category = 0;
  std::uint32_t color = 0;
  std::uint8_t payloadKind = 0; // hotloop::PayloadKind
  std::uint64_t payload = 0;
};
int rangePush(const RangeAttributes &attributes) noexcept; // level before it, >= 0
int rangePop(std::uint32_t domain) noexcept;               // level after it, < 0 when unbalanced
std::uint64_t rangeStart(const RangeAttributes &attributes) noexcept;
void rangeEnd(std::uint64_t handle) noexcept;
void mark(const RangeAttributes &attributes) noexcept;

// Name of a thread of this process; 0: the calling one.
void threadName(std::uint32_t osTid, std::string_view name) noexcept;

// Facts for the run's meta table; texts are cut at 4 KiB (key 200 bytes). Kept until the process
// records its first event, so a process that records nothing leaves no trace.
void meta(std::string_view key, std::string_view value) noexcept;
// The same inside FrameWalker calls, where the one above does nothing.
void meta(ThreadState &thread, std::string_view key, std::string_view value) noexcept;
void count(ring::Counter counter, std::uint64_t add = 1) noexcept;

// The C table for plugins.
const HotloopProducerApi &producerTable() noexcept;

// Called once from the library's constructor, before main: they may only set hooks. A collector
// that is not built is left out by collectors/inject/CMakeLists.txt.
void installPythonCollector() noexcept; // collectors/python, target hotloop_python_collector
void installTorchCollector() noexcept;  // collectors/torch, target hotloop_torch_collector
// Called by the CUDA driver's initialisation, in the thread that made the first CUDA call.
void attachCuda() noexcept; // collectors/cupti, target hotloop_cupti_collector

} // namespace hotloop::inject
