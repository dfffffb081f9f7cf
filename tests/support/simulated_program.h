#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "core/trace/trace_sink.h"
#include "tests/support/random.h"
#include "tests/support/simulated_device.h"

namespace hotloop::test_support {

// The machinery of the made program: clocks, nesting, allocator and call stacks. What the program
// does stands in moe_loop.cpp. Rows go to the sink as they end, children first, as a collector
// gives them.
class SimulatedProgram {
public:
  SimulatedProgram(TraceSink &sink, std::uint64_t seed, bool withDevice);

  // A line of the user's program as leaf; `libraryFile` puts a library's Python frame under it.
  Place place(std::string_view file, std::uint32_t line, std::string_view function,
              std::string_view libraryFile = {}, std::string_view libraryFunction = {});

  // What an operator does beside running its children.
  struct Work {
    std::int64_t nanoseconds = 3'000; // own time on the host
    std::int64_t bytes = 0;           // of a result it allocates; freed when the step ends
    bool kernel = true;               // would launch one
    OpScope scope = OpScope::kFunction;
    std::int64_t sequence = -1;
    std::uint32_t forwardThread = 0;
    bool stack = false; // where the collector takes one: would-be syncs
  };
  void op(HostLane &lane, std::string_view name, const Place &place, const Work &work) {
    op(lane, name, place, work, [] {});
  }
  template <class Body>
  void op(HostLane &lane, std::string_view name, const Place &place, const Work &work,
          Body &&children) {
    const OpEvent event = beginOp(lane, name, place, work);
    children();
    endOp(lane, event, place, work);
  }

  template <class Body> void range(HostLane &lane, std::string_view name, Body &&body) {
    payloadRange(lane, name, -1, std::forward<Body>(body));
  }
  // payload below 0: none.
  template <class Body>
  void payloadRange(HostLane &lane, std::string_view name, std::int64_t payload, Body &&body) {
    RangeEvent event = beginRange(lane, name, payload);
    body();
    endRange(lane, event);
  }

  // Takes a block; it is given back when the step ends, or never.
  void allocate(HostLane &lane, const Place &place, std::int64_t bytes, bool keep = false);
  void freeStep(HostLane &lane);
  // aten::item and what it calls, with the wait for the device.
  void readBack(HostLane &lane, const Place &place);

  void addStep(const StepEvent &event);
  void idle(HostLane &lane, std::int64_t nanoseconds);

  TraceSink &sink() { return sink_; }
  Random &random() { return random_; }
  SimulatedDevice *device() { return device_.get(); }
  std::uint64_t rows() const { return rows_; }
  HostLane &mainLane() { return main_; }
  HostLane &autogradLane() { return autograd_; }
  HostLane &loaderLane() { return loader_; }

private:
  struct Block {
    std::uint64_t address = 0;
    std::int64_t bytes = 0;
  };

  FrameId addFrame(FrameKind kind, std::string_view file, std::uint32_t line,
                   std::string_view function, bool user);
  StackId addStack(StackId parent, FrameId frame);
  OpEvent beginOp(HostLane &lane, std::string_view name, const Place &place, const Work &work);
  void endOp(HostLane &lane, OpEvent event, const Place &place, const Work &work);
  RangeEvent beginRange(HostLane &lane, std::string_view name, std::int64_t payload);
  void endRange(HostLane &lane, RangeEvent event);
  void addAllocation(HostLane &lane, const Place &place, const Block &block,
                     AllocationAction action);

  TraceSink &sink_;
  Random random_;
  std::uint64_t rows_ = 0;
  std::uint32_t lastFrame_ = 0;
  std::uint32_t lastStack_ = 0;
  StackId trainStack_; // <module> -> main -> train_step
  std::uint16_t trainDepth_ = 0;
  FrameId nativeFrame_;
  StringId kernelName_;
  HostLane main_;
  HostLane autograd_;
  HostLane loader_;
  std::unique_ptr<SimulatedDevice> device_;
  std::vector<Block> stepBlocks_;
  std::uint64_t nextAddress_ = 0x7f00'0000'0000;
  std::int64_t liveBytes_ = 0;
};

} // namespace hotloop::test_support
