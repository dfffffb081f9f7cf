#include "collectors/inject/intern.h"
#include "collectors/inject/thread_state.h"
#include "collectors/inject/window.h"

namespace hotloop::inject {
namespace {

constexpr std::uint64_t kNotRecorded = std::uint64_t(1) << 63; // handles from outside the window
constexpr std::uint8_t kPushPop = 1, kStartEnd = 2, kMark = 3; // hotloop::RangeKind

bool defineNames(ThreadState &thread, const RangeAttributes &attributes, std::uint32_t &name,
                 std::uint32_t &domain) noexcept {
  name = internString(thread, attributes.name);
  domain = attributes.domain == 0 ? 0 : internString(thread, attributes.domainName);
  return (name != 0 || attributes.name.empty()) &&
         (domain != 0 || attributes.domainName.empty() || attributes.domain == 0);
}

// The innermost open range of a domain, or null. Mostly the last one.
OpenRange *innermost(ThreadState &thread, std::uint32_t domain) noexcept {
  for (std::uint32_t i = thread.openRanges; i > 0; --i)
    if (thread.ranges[i - 1].domain == domain) return &thread.ranges[i - 1];
  return nullptr;
}

void writeInstant(const RangeAttributes &attributes, std::uint64_t handle, ring::RecordType type,
                  std::uint8_t kind) noexcept {
  const std::uint64_t now = stamp();
  Recording recording;
  if (!recording) return;
  ring::RangeRecord record{};
  if (!defineNames(recording.thread(), attributes, record.name, record.domain)) {
    count(ring::Counter::kDroppedRecords);
    return;
  }
  record.start = now;
  record.end = type == ring::RecordType::kRangeStart ? 0 : now;
  record.payload = attributes.payload;
  record.handle = handle;
  record.category = attributes.category;
  record.color = attributes.color;
  record.kind = kind;
  record.payloadKind = attributes.payloadKind;
  write(recording.thread(), record, type);
}

} // namespace

int rangePush(const RangeAttributes &attributes) noexcept {
  windowTick();
  const bool capture = windowed() && windowRange(attributes.name);
  const bool step = windowed() && isStepName(attributes.name);
  if (step) windowStep(2);
  const bool wanted = step || collecting();
  Recording recording;
  if (!recording) return 0;
  ThreadState &thread = recording.thread();
  const OpenRange *outer = innermost(thread, attributes.domain);
  const int level = outer ? outer->depth + 1 : 0;
  if (thread.openRanges == kMostOpen) {
    ++thread.lostRanges;
    count(ring::Counter::kOpenOverflow);
    return level;
  }
  OpenRange &range = thread.ranges[thread.openRanges];
  range.skipped = !wanted;
  range.capture = capture;
  range.name = range.domainName = 0;
  range.lost = wanted && !defineNames(thread, attributes, range.name, range.domainName);
  range.domain = attributes.domain;
  range.category = attributes.category;
  range.color = attributes.color;
  range.payload = attributes.payload;
  range.payloadKind = attributes.payloadKind;
  range.depth = static_cast<std::uint16_t>(level);
  range.start = stamp();
  ++thread.openRanges;
  return level;
}

namespace {

// `capture`: the range was the one that is the window.
int closeRange(ThreadState &thread, std::uint32_t domain, std::uint64_t end,
               bool &capture) noexcept {
  if (thread.lostRanges > 0) {
    --thread.lostRanges;
    return static_cast<int>(kMostOpen + thread.lostRanges);
  }
  OpenRange *range = innermost(thread, domain);
  if (!range) {
    count(ring::Counter::kUnbalancedPops);
    return -1;
  }
  const int level = range->depth;
  capture = range->capture;
  if (range->lost) {
    count(ring::Counter::kDroppedRecords);
  } else if (!range->skipped) {
    ring::RangeRecord record{
        {},       range->name,       range->start,    end,          range->payload,
        0,        range->domainName, range->category, range->color, range->depth,
        kPushPop, range->payloadKind};
    write(thread, record, ring::RecordType::kRange);
  }
  OpenRange *last = &thread.ranges[--thread.openRanges];
  for (; range != last; ++range) *range = range[1]; // domains may close in any order
  return level;
}

} // namespace

int rangePop(std::uint32_t domain) noexcept {
  const std::uint64_t end = stamp();
  bool capture = false;
  int level = -1;
  {
    Recording recording;
    if (!recording) return -1;
    level = closeRange(recording.thread(), domain, end, capture);
  }
  if (capture) windowCaptureEnded();
  return level;
}

std::uint64_t rangeStart(const RangeAttributes &attributes) noexcept {
  const std::uint64_t handle = processState.nextHandle.fetch_add(1, std::memory_order_relaxed);
  if (!collecting()) return handle | kNotRecorded;
  writeInstant(attributes, handle, ring::RecordType::kRangeStart, kStartEnd);
  return handle;
}

void rangeEnd(std::uint64_t handle) noexcept {
  if (handle & kNotRecorded) return;
  const std::uint64_t end = stamp();
  Recording recording;
  if (!recording) return;
  ring::RangeEndRecord record{{}, 0, end, handle};
  write(recording.thread(), record, ring::RecordType::kRangeEnd);
}

void mark(const RangeAttributes &attributes) noexcept {
  if (!collecting()) return;
  writeInstant(attributes, 0, ring::RecordType::kRange, kMark);
}

} // namespace hotloop::inject
