// The part of RecordDecoder that makes event rows.
#include <algorithm>

#include "collectors/inject/record_decoder.h"

namespace hotloop {
namespace {

constexpr std::size_t kMostOpenRanges = 16'384;
constexpr std::size_t kMostSteps = 500'000;

OpScope scopeOf(std::uint8_t scope) {
  switch (scope) {
  case 0: return OpScope::kFunction;
  case 1: return OpScope::kBackwardFunction;
  case 7: return OpScope::kUserScope;
  default: return OpScope::kOther;
  }
}

template <class Enum> Enum within(std::uint8_t value, Enum last, Enum otherwise) {
  return value >= 1 && value <= static_cast<std::uint8_t>(last) ? static_cast<Enum>(value)
                                                                : otherwise;
}

} // namespace

void RecordDecoder::sawTime(Nanoseconds start, Nanoseconds end) {
  firstTime_ = std::min(firstTime_, start);
  lastTime_ = std::max(lastTime_, end);
  ++context_.events;
}

DeviceId RecordDecoder::device(std::int16_t ordinal) {
  if (ordinal < 0 || ordinal >= 64) return {};
  const DeviceId id(static_cast<std::uint32_t>(ordinal) + 1);
  const std::uint64_t bit = std::uint64_t(1) << ordinal;
  if (!(context_.devices & bit)) {
    context_.devices |= bit;
    DeviceRow row;
    row.id = id;
    row.ordinal = static_cast<std::uint32_t>(ordinal);
    context_.sink.add(row);
  }
  return id;
}

void RecordDecoder::onThreadName(Thread &thread, const std::byte *record, std::size_t bytes) {
  const auto name = fixedPart<ring::ThreadNameRecord>(record, bytes);
  if (!name) return;
  const StringId text = string(thread, name->name);
  const auto rename = [&](Thread &named) {
    named.name = text;
    if (named.id) context_.sink.add(ThreadRow{named.id, process_, named.osTid, text});
  };
  if (name->osTid == 0 || name->osTid == thread.osTid) return rename(thread);
  for (auto &[ordinal, other] : threads_)
    if (other.osTid == name->osTid) return rename(other);
  if (namesAhead_.size() < kMostOpenRanges) namesAhead_[name->osTid] = text;
}

void RecordDecoder::onOp(Thread &thread, const std::byte *record, std::size_t bytes) {
  const auto op = fixedPart<ring::OpRecord>(record, bytes);
  if (!op) return;
  OpEvent event;
  event.start = time(op->start);
  const Nanoseconds end = time(op->end);
  event.duration = end - event.start;
  event.lane = lane(thread);
  event.name = string(thread, op->name);
  event.scope = scopeOf(op->scope);
  event.depth = op->depth;
  event.sequence = op->sequence;
  event.forwardThread = op->forwardThread;
  event.location = FrameId(lookUp(thread, op->location, Kind::kFrame));
  event.stack = StackId(lookUp(thread, op->stack, Kind::kStack));
  sawTime(event.start, end);
  context_.sink.add(event);
}

void RecordDecoder::onAllocation(Thread &thread, const std::byte *record, std::size_t bytes) {
  const auto allocation = fixedPart<ring::AllocationRecord>(record, bytes);
  if (!allocation) return;
  AllocationEvent event;
  event.start = time(allocation->stamp);
  event.lane = lane(thread);
  event.action = within(allocation->action, AllocationAction::kRetry, AllocationAction::kAllocate);
  event.allocator = within(allocation->allocator, Allocator::kCudaManaged, Allocator::kTorchCpu);
  event.device = device(allocation->deviceIndex);
  event.address = allocation->address;
  event.bytes = allocation->bytes;
  event.totalAllocated = allocation->totalAllocated;
  event.totalReserved = allocation->totalReserved;
  event.location = FrameId(lookUp(thread, allocation->location, Kind::kFrame));
  event.stack = StackId(lookUp(thread, allocation->stack, Kind::kStack));
  sawTime(event.start, event.start);
  context_.sink.add(event);
}

void RecordDecoder::noteStepRange(StringId name, const StepSpan &span) {
  if (context_.rangeSteps.size() < kMostSteps && stepNames_.contains(name.value))
    context_.rangeSteps.push_back(span);
}

void RecordDecoder::onRange(Thread &thread, const std::byte *record, std::size_t bytes, bool open) {
  const auto range = fixedPart<ring::RangeRecord>(record, bytes);
  if (!range) return;
  RangeEvent event;
  event.start = time(range->start);
  const Nanoseconds end = open ? event.start : time(range->end);
  event.duration = end - event.start;
  event.lane = lane(thread);
  event.endLane = lane(thread);
  event.name = string(thread, range->name);
  event.kind = within(range->kind, RangeKind::kMark, RangeKind::kPushPop);
  event.domain = string(thread, range->domain);
  event.depth = range->depth;
  event.category = range->category;
  event.color = range->color;
  event.payloadKind = within(range->payloadKind, PayloadKind::kReal, PayloadKind::kNone);
  if (event.payloadKind == PayloadKind::kInteger)
    event.payloadInteger = static_cast<std::int64_t>(range->payload);
  else if (event.payloadKind == PayloadKind::kReal)
    std::memcpy(&event.payloadReal, &range->payload, sizeof event.payloadReal);
  if (!open) {
    noteStepRange(event.name, {event.start, end});
    sawTime(event.start, end);
    context_.sink.add(event);
    return;
  }
  if (const auto ended = rangeEnds_.find(range->handle); ended != rangeEnds_.end()) {
    event.duration = ended->second.end - event.start;
    event.endLane = ended->second.lane;
    rangeEnds_.erase(ended);
    sawTime(event.start, event.start + event.duration);
    context_.sink.add(event);
  } else if (rangeStarts_.size() < kMostOpenRanges) {
    rangeStarts_[range->handle] = event;
  } else {
    ++context_.lostRanges;
  }
}

void RecordDecoder::onRangeEnd(Thread &thread, const std::byte *record, std::size_t bytes) {
  const auto range = fixedPart<ring::RangeEndRecord>(record, bytes);
  if (!range) return;
  const Nanoseconds end = time(range->end);
  const auto started = rangeStarts_.find(range->handle);
  if (started == rangeStarts_.end()) {
    // Its start may stand in a chunk of another thread that is read next.
    if (rangeEnds_.size() < kMostOpenRanges) rangeEnds_[range->handle] = {end, lane(thread)};
    return;
  }
  RangeEvent event = started->second;
  rangeStarts_.erase(started);
  event.duration = end - event.start;
  event.endLane = lane(thread);
  sawTime(event.start, end);
  context_.sink.add(event);
}

void RecordDecoder::onStep(Thread &thread, const std::byte *record, std::size_t bytes) {
  const auto step = fixedPart<ring::StepRecord>(record, bytes);
  if (!step) return;
  StepEvent event;
  event.start = time(step->start);
  const Nanoseconds end = time(step->end);
  event.duration = end - event.start;
  event.lane = lane(thread);
  event.number = step->number;
  if (context_.markedSteps.size() < kMostSteps) context_.markedSteps.push_back({event.start, end});
  event.source = StepSource::kApi;
  sawTime(event.start, end);
  context_.sink.add(event);
}

} // namespace hotloop
