#include "tests/support/simulated_program.h"

namespace hotloop::test_support {

namespace {

constexpr std::uint32_t kProcessId = 4242;
constexpr Nanoseconds kStart{1'000'000'000};
constexpr std::int64_t kBlockRounding = 512;

} // namespace

SimulatedProgram::SimulatedProgram(TraceSink &sink, std::uint64_t seed, bool withDevice)
    : sink_(sink), random_(seed), kernelName_(sink.intern("void at::native::elementwise_kernel")) {
  ProcessRow process;
  process.id = kProcess;
  process.osPid = kProcessId;
  process.start = kStart;
  process.name = sink.intern("python3.11");
  process.commandLine = sink.intern("python3 train.py");
  process.exitStatus = 0;
  process.rank = -1;
  sink.add(process);
  const char *names[] = {"python3", "pt_autograd_0", "loader"};
  HostLane *lanes[] = {&main_, &autograd_, &loader_};
  for (std::uint32_t i = 0; i < 3; ++i) {
    ThreadRow thread;
    thread.id = ThreadId(i + 1);
    thread.process = kProcess;
    thread.osTid = kProcessId + i;
    thread.name = sink.intern(names[i]);
    sink.add(thread);
    lanes[i]->id = thread.id;
    lanes[i]->now = kStart;
  }
  nativeFrame_ = addFrame(FrameKind::kNative, "", 0, "at::_ops::call", false);
  trainStack_ = addStack({}, addFrame(FrameKind::kPython, "train.py", 210, "<module>", true));
  trainStack_ = addStack(trainStack_, addFrame(FrameKind::kPython, "train.py", 190, "main", true));
  if (withDevice) device_ = std::make_unique<SimulatedDevice>(sink, random_, rows_);
}

FrameId SimulatedProgram::addFrame(FrameKind kind, std::string_view file, std::uint32_t line,
                                   std::string_view function, bool user) {
  FrameRow frame;
  frame.id = FrameId(++lastFrame_);
  frame.kind = kind;
  frame.function = sink_.intern(function);
  frame.file = sink_.intern(file);
  frame.line = line;
  frame.user = user;
  if (kind == FrameKind::kNative) {
    frame.module = sink_.intern("libtorch_cpu.so");
    frame.offset = 0x1000 + 16u * lastFrame_;
  }
  sink_.add(frame);
  return frame.id;
}

StackId SimulatedProgram::addStack(StackId parent, FrameId frame) {
  StackRow row;
  row.id = StackId(++lastStack_);
  row.parent = parent;
  row.frame = frame;
  row.depth = trainDepth_++;
  sink_.add(row);
  return row.id;
}

Place SimulatedProgram::place(std::string_view file, std::uint32_t line, std::string_view function,
                              std::string_view libraryFile, std::string_view libraryFunction) {
  const std::uint16_t depth = trainDepth_;
  Place place;
  place.frame = addFrame(FrameKind::kPython, file, line, function, true);
  place.stack = addStack(trainStack_, place.frame);
  if (!libraryFile.empty())
    place.stack = addStack(place.stack,
                           addFrame(FrameKind::kPython, libraryFile, 564, libraryFunction, false));
  place.stack = addStack(place.stack, nativeFrame_);
  trainDepth_ = depth;
  return place;
}

OpEvent SimulatedProgram::beginOp(HostLane &lane, std::string_view name, const Place &place,
                                  const Work &work) {
  OpEvent event;
  event.start = lane.now;
  event.lane = lane.id;
  event.name = sink_.intern(name);
  event.scope = work.scope;
  event.depth = lane.opDepth++;
  event.sequence = work.sequence;
  event.forwardThread = work.forwardThread;
  event.location = place.frame;
  if (work.stack) event.stack = place.stack;
  lane.now += Nanoseconds(random_.around(work.nanoseconds) / 2);
  return event;
}

void SimulatedProgram::endOp(HostLane &lane, OpEvent event, const Place &place, const Work &work) {
  if (work.bytes > 0) allocate(lane, place, work.bytes);
  if (work.kernel && device_) device_->launch(lane, place, kernelName_, 1'500 + work.nanoseconds);
  lane.now += Nanoseconds(random_.around(work.nanoseconds) / 2);
  --lane.opDepth;
  event.duration = lane.now - event.start;
  lane.now += Nanoseconds(50 + static_cast<std::int64_t>(random_.below(300)));
  sink_.add(event);
  ++rows_;
}

RangeEvent SimulatedProgram::beginRange(HostLane &lane, std::string_view name,
                                        std::int64_t payload) {
  RangeEvent event;
  event.start = lane.now;
  event.lane = event.endLane = lane.id;
  event.name = sink_.intern(name);
  event.kind = RangeKind::kPushPop;
  event.depth = lane.rangeDepth++;
  if (payload >= 0) {
    event.payloadKind = PayloadKind::kInteger;
    event.payloadInteger = payload;
  }
  lane.now += Nanoseconds(60);
  return event;
}

void SimulatedProgram::endRange(HostLane &lane, RangeEvent event) {
  lane.now += Nanoseconds(60);
  --lane.rangeDepth;
  event.duration = lane.now - event.start;
  sink_.add(event);
  ++rows_;
}

void SimulatedProgram::addAllocation(HostLane &lane, const Place &place, const Block &block,
                                     AllocationAction action) {
  const bool takes = action == AllocationAction::kAllocate;
  liveBytes_ += takes ? block.bytes : -block.bytes;
  AllocationEvent event;
  event.start = lane.now;
  event.lane = lane.id;
  event.action = action;
  event.allocator = device_ ? Allocator::kTorchCuda : Allocator::kTorchCpu;
  event.device = device_ ? kDevice : DeviceId();
  event.address = block.address;
  event.bytes = block.bytes;
  event.totalAllocated = liveBytes_;
  event.totalReserved = -1;
  event.location = place.frame;
  if (takes) event.stack = place.stack;
  lane.now += Nanoseconds(takes ? 350 : 120);
  sink_.add(event);
  ++rows_;
}

void SimulatedProgram::allocate(HostLane &lane, const Place &place, std::int64_t bytes, bool keep) {
  const Block block{nextAddress_, bytes};
  nextAddress_ += static_cast<std::uint64_t>((bytes / kBlockRounding + 1) * kBlockRounding);
  addAllocation(lane, place, block, AllocationAction::kAllocate);
  if (!keep) stepBlocks_.push_back(block);
}

void SimulatedProgram::freeStep(HostLane &lane) {
  for (const Block &block : stepBlocks_)
    addAllocation(lane, Place(), block, AllocationAction::kFree);
  stepBlocks_.clear();
}

void SimulatedProgram::readBack(HostLane &lane, const Place &place) {
  Work work{.nanoseconds = 800, .kernel = false, .stack = true};
  op(lane, "aten::item", place, work, [&] {
    op(lane, "aten::_local_scalar_dense", place, work, [&] {
      if (device_) device_->readBack(lane, place);
    });
  });
}

void SimulatedProgram::addStep(const StepEvent &event) {
  sink_.add(event);
  ++rows_;
}

void SimulatedProgram::idle(HostLane &lane, std::int64_t nanoseconds) {
  lane.now += Nanoseconds(random_.around(nanoseconds));
}

} // namespace hotloop::test_support
