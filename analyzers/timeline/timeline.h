#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "analyzers/steps/steps.h"
#include "core/trace/trace_view.h"

// The run as the replay sees it: the calls of the host that start, await or hold up device work
// (anchors), who follows whom, and the device work itself. Structures of arrays, 32-bit indices,
// times in nanoseconds of the run's clock.
namespace hotloop {

enum class AnchorKind : std::uint8_t {
  kLaunch,      // starts device work and returns
  kPageable,    // a copy from or to pageable memory: the call takes part in it
  kSync,        // waits for the device, a stream or an event
  kFree,        // cudaFree: waits for the device, then gives memory back
  kAllocate,    // cudaMalloc, cudaHostAlloc
  kGraphLaunch, // starts all work of a graph
  kEventRecord, // marks a point of a stream
  kStreamWait,  // makes a stream wait for such a point
  kStep,        // a border between steps: no work
};

enum class DeviceWorkKind : std::uint8_t { kKernel, kCopy, kFill, kCollective };
inline constexpr std::size_t kDeviceWorkKinds = 4;

// What a waiting call waits for.
enum class WaitTarget : std::uint8_t { kDevice, kStream, kEvent };

// Sorted by (start, end, thread). Anchors of the borders of steps are kStep.
struct Anchors {
  std::vector<std::int64_t> start, end;
  std::vector<AnchorKind> kind;
  std::vector<std::uint16_t> thread;      // index in Timeline::threads
  std::vector<std::uint32_t> predecessor; // whose end it follows on the host; kNoIndex none
  std::vector<std::uint32_t> records;     // operators and calls that began in between
  std::vector<std::uint32_t> step;        // index in Steps::all; kNoIndex before the first step
  std::vector<std::uint32_t> api;         // row of trace->apis; kNoIndex for kStep
  std::vector<std::uint32_t> workBegin;   // its device work: [workBegin[i], workBegin[i + 1])
  std::vector<WaitTarget> target;         // of kSync
  std::vector<std::uint32_t> targetIndex; // device, stream or event; the event of record and wait
  std::vector<std::int64_t> waited;       // kSync, kFree that blocked: end of what it waited for,
                                          // else 0
  std::size_t size() const { return start.size(); }
};

// Device work in the order in which the host asked for it.
struct DeviceWork {
  std::vector<std::int64_t> start, end;
  std::vector<DeviceWorkKind> kind;
  std::vector<std::uint16_t> stream;     // index in Timeline::streams
  std::vector<std::uint32_t> anchor;     // that started it
  std::vector<std::uint32_t> row;        // in trace->kernels, memcpys or memsets, by kind
  std::vector<std::uint32_t> inferred;   // work of another stream that it waited for; kNoIndex
  std::vector<std::int64_t> late;        // delay that nothing on record explains, ns; only where
                                         // several streams run
  std::vector<std::uint32_t> collective; // number of the collective it is part of; kNoIndex none

  std::size_t size() const { return start.size(); }
};

// Host records (operators and CUDA calls) of one thread, by start, for the splitting of host time
// between lines and for counting.
struct ThreadRecords {
  ThreadId id;
  std::vector<std::int64_t> start, end;
  std::vector<FrameId> location;     // own, else that of the operator around it
  std::vector<std::uint32_t> row;    // of trace->ops, or of trace->apis with kApiBit set
  std::vector<std::uint32_t> parent; // record around it; kNoIndex outermost
  // Traces of torch.profiler with stacks know functions, not lines: the user's function around each
  // record, and the call out of it that the record is part of. Empty where there are none.
  std::vector<FrameId> function;
  std::vector<std::int64_t> callStart, callEnd; // equal: none
};
inline constexpr std::uint32_t kApiBit = 0x80000000u;

// One step of the template: anchors (first, last], where `last` is the border that ends it.
struct TemplateStep {
  std::uint32_t step = 0; // index in Steps::all
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

struct TimelineOptions {
  std::uint32_t maxAnchors = 32'000; // of the template; whole steps, evenly chosen
};

struct Timeline {
  Anchors anchors;
  DeviceWork work;
  std::vector<ThreadRecords> threads;
  std::vector<StreamId> streams;
  std::vector<std::uint16_t> deviceOfStream; // index in `devices`
  std::vector<DeviceId> devices;
  std::vector<std::vector<std::uint8_t>> alternates; // threads that never run at once, by pair
  std::vector<TemplateStep> steps;                   // steady ones that are replayed
  std::uint32_t steadySteps = 0;                     // all of them
  std::vector<std::uint16_t> recordStream; // of event records and waits: the stream; 0xFFFF unknown
  std::vector<std::uint8_t> held; // by anchor: a launch that the full queue of the device held up
  std::uint32_t collectives = 0;  // of several devices that end together
  std::uint32_t events = 0;       // distinct CUDA events
  // Events that nothing recorded: the end of a piece of work, for waits whose own is not on record.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> workEvents; // event, work
  bool locations = false; // do host records carry places of the program?
  // Trouble that lowers trust: sentences.
  std::vector<std::string> doubts;
  std::string whyNone; // not empty: there is nothing to replay, and why

  std::int64_t gap(std::uint32_t anchor) const; // host time before it, from its predecessor's end
  std::uint16_t threadOf(ThreadId id) const;    // index in `threads`; their number: it is not there
};

// Never fails: a run that cannot be replayed says so in whyNone. Linear in the records of the run
// but for sorting within the chosen steps. Pure; keeps no reference to the trace.
Timeline buildTimeline(const TraceView &trace, const Steps &steps,
                       const TimelineOptions &options = {});

} // namespace hotloop
