#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "collectors/inject/call_sites.h"
#include "collectors/inject/clock_map.h"
#include "collectors/inject/cuda_state.h"
#include "collectors/inject/step_time.h"
#include "core/ring/region_reader.h"
#include "core/trace/trace_sink.h"

namespace hotloop {

// What all decoders of one run share.
struct DecodeContext {
  TraceSink &sink;
  const ClockMap &clocks;
  CallSites &callSites;
  std::uint32_t lastThread = 0; // row ids handed out
  std::uint64_t events = 0;
  std::int64_t unknownRecords = 0;
  std::uint32_t lastStream = 0;
  std::uint64_t devices = 0; // bit per CUDA ordinal that has a row
  // Of a run with a window: what the step time outside of it is found from.
  std::vector<StepSpan> markedSteps = {}, rangeSteps = {};
  Nanoseconds windowStart = {}, windowEnd = {};
  bool cudaRecorded = false;       // in some process
  std::int64_t lostRanges = 0;     // start/end ranges that were too many to follow
  std::int64_t damagedRecords = 0; // records that contradict themselves or name unknown ids
};

// Turns the records of one process into rows. Believes nothing: a record that does not fit is
// counted and skipped. Memory per process is bounded.
class RecordDecoder final : public ring::RecordConsumer {
public:
  RecordDecoder(DecodeContext &context, ProcessId process, const ring::RegionInfo &info);

  void records(std::uint32_t threadOrdinal, std::uint32_t osTid,
               std::span<const std::byte> records) override;

  // After each round of drain(): what could only be told once all chunks were read.
  void roundEnded();

  Nanoseconds firstTime() const { return firstTime_; }
  Nanoseconds lastTime() const { return lastTime_; }
  // start/end ranges that were opened and not closed so far.
  std::int64_t openRanges() const { return static_cast<std::int64_t>(rangeStarts_.size()); }

private:
  enum class Kind : std::uint8_t { kNone, kString, kFrame, kStack };
  struct Definition {
    std::uint32_t value = 0;
    Kind kind = Kind::kNone;
  };
  struct Thread {
    ThreadId id; // none until it has an event: lane()
    std::uint32_t osTid = 0;
    StringId name;
    std::uint32_t forgotten = 0;         // ids up to this are in `kept` or gone
    std::vector<Definition> definitions; // id - forgotten - 1
    std::map<std::uint32_t, Definition> kept;
  };
  struct RangeEnd {
    Nanoseconds end;
    ThreadId lane;
  };

  Thread &thread(std::uint32_t ordinal, std::uint32_t osTid);
  ThreadId lane(Thread &thread);
  ThreadId laneOf(std::uint32_t osTid);
  void decode(Thread &thread, const std::byte *record, std::size_t bytes, ring::RecordType type);
  void define(Thread &thread, std::uint32_t id, Kind kind, std::uint32_t value);
  std::uint32_t lookUp(const Thread &thread, std::uint32_t id, Kind kind);
  StringId string(const Thread &thread, std::uint32_t id) {
    return StringId(lookUp(thread, id, Kind::kString));
  }
  Nanoseconds time(std::uint64_t stamp) const;
  FrameId frameAt(std::uint64_t address);
  void sawTime(Nanoseconds start, Nanoseconds end);
  DeviceId device(std::int16_t ordinal);
  template <class Record>
  std::optional<Record> fixedPart(const std::byte *record, std::size_t bytes);

  void onString(Thread &thread, const std::byte *record, std::size_t bytes);
  void onPythonFrame(Thread &thread, const std::byte *record, std::size_t bytes);
  void onStack(Thread &thread, const std::byte *record, std::size_t bytes);
  void onModule(const std::byte *record, std::size_t bytes);
  void onMeta(const std::byte *record, std::size_t bytes);
  void onForget(Thread &thread, const std::byte *record, std::size_t bytes);
  void onThreadName(Thread &thread, const std::byte *record, std::size_t bytes);
  void onOp(Thread &thread, const std::byte *record, std::size_t bytes);
  void onAllocation(Thread &thread, const std::byte *record, std::size_t bytes);
  void onRange(Thread &thread, const std::byte *record, std::size_t bytes, bool open);
  void onRangeEnd(Thread &thread, const std::byte *record, std::size_t bytes);
  void onStep(Thread &thread, const std::byte *record, std::size_t bytes);

  // cuda_decoder.cpp
  void decodeCuda(Thread &thread, const std::byte *record, std::size_t bytes,
                  ring::CudaRecordType type);
  void onApi(Thread &thread, const ring::CudaApiRecord &api);
  void onGraphNode(Thread &thread, const ring::CudaGraphNodeRecord &node);
  void onKernel(Thread &thread, const ring::CudaKernelRecord &kernel);
  void onGraphLaunch(const ring::CudaGraphLaunchRecord &launch);
  void onMemcpy(const ring::CudaMemcpyRecord &copy);
  void onMemset(const ring::CudaMemsetRecord &fill);
  void onSync(const ring::CudaSyncRecord &sync, bool last);
  void onEventRecord(const ring::CudaEventRecord &event);
  void onMemory(const ring::CudaMemoryRecord &memory, bool last);
  void onOverhead(Thread &thread, const ring::CudaOverheadRecord &overhead);
  void onDevice(Thread &thread, const ring::CudaDeviceRecord &device);
  void noteStepRange(StringId name, const StepSpan &span);
  StreamId stream(std::uint32_t context, std::uint32_t stream, DeviceId device);
  // False: no times were taken.
  template <class Event, class Record> bool deviceSpan(Event &event, const Record &record);

  DecodeContext &context_;
  ProcessId process_;
  ring::ClockKind clock_;
  Nanoseconds firstTime_, lastTime_;
  std::unordered_map<std::uint32_t, Thread> threads_; // by ordinal
  std::uint32_t lastOrdinal_ = 0;
  Thread *lastThread_ = nullptr;
  std::map<std::uint64_t, LoadedModule> modules_;     // by begin
  std::unordered_map<std::uint64_t, FrameId> frames_; // by return address
  std::unordered_map<std::uint64_t, FrameId> unsettled_;
  std::unordered_map<std::uint32_t, StringId> namesAhead_; // of threads not met yet, by osTid
  std::unordered_map<std::uint32_t, ThreadId> lanes_;      // the latest of each osTid
  CudaState cuda_;
  std::unordered_set<std::uint32_t> stepNames_; // strings that name steps
  std::unordered_map<std::uint64_t, RangeEvent> rangeStarts_;
  std::unordered_map<std::uint64_t, RangeEnd> rangeEnds_; // read before their starts
};

template <class Record>
std::optional<Record> RecordDecoder::fixedPart(const std::byte *record, std::size_t bytes) {
  if (bytes < sizeof(Record)) {
    ++context_.damagedRecords;
    return std::nullopt;
  }
  Record value;
  std::memcpy(&value, record, sizeof value);
  return value;
}

// Whether a key of the meta table may be set by the program under test.
bool mayTargetSet(std::string_view key);

} // namespace hotloop
