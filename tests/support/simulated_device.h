#pragma once

#include <cstdint>
#include <string_view>

#include "core/trace/trace_sink.h"
#include "tests/support/random.h"

namespace hotloop::test_support {

// A host thread of the made program: its lane and its own clock.
struct HostLane {
  ThreadId id;
  Nanoseconds now;
  std::uint16_t opDepth = 0;
  std::uint16_t rangeDepth = 0;
};

// Where in the made program something happens.
struct Place {
  FrameId frame; // leaf Python frame of the user
  StackId stack; // with native frames below it
};

// A GPU with a compute and a copy stream, seen through the records that CUPTI would give. Rows go
// to the sink at once; `rows` counts those of event tables.
class SimulatedDevice {
public:
  SimulatedDevice(TraceSink &sink, Random &random, std::uint64_t &rows);

  // cudaLaunchKernel on `lane`, and the kernel behind what the stream already has.
  void launch(HostLane &lane, const Place &place, StringId kernel, std::int64_t nanoseconds);
  // cudaMemcpyAsync device to host of a scalar and the wait for it.
  void readBack(HostLane &lane, const Place &place);
  // A copy of a batch to the device on the copy stream, and the compute stream's wait for it.
  void upload(HostLane &lane, const Place &place, std::uint64_t bytes);
  void fill(HostLane &lane, const Place &place, std::uint64_t bytes);
  // cudaGraphLaunch of a graph of `nodes` kernels. Its nodes are added on the first call.
  void launchGraph(HostLane &lane, const Place &place, StringId kernel, int nodes);
  void synchronize(HostLane &lane, const Place &place);

private:
  std::uint32_t call(HostLane &lane, const Place &place, std::string_view name, std::uint32_t cbid,
                     std::int64_t nanoseconds, Nanoseconds wait = {});
  void addKernel(StringId kernel, std::int64_t nanoseconds, std::uint32_t correlation,
                 Nanoseconds earliest, std::uint32_t graph, std::uint64_t node);
  void waitForStream(HostLane &lane, const Place &place);

  TraceSink &sink_;
  Random &random_;
  std::uint64_t &rows_;
  std::uint32_t correlation_ = 0;
  std::uint64_t eventSync_ = 0;
  bool graphKnown_ = false;
  Nanoseconds computeFree_;
  Nanoseconds copyFree_;
};

inline constexpr DeviceId kDevice{1};
inline constexpr StreamId kComputeStream{1};
inline constexpr StreamId kCopyStream{2};
inline constexpr ProcessId kProcess{1};

} // namespace hotloop::test_support
