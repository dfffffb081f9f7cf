#include <cstring>

#include "collectors/inject/intern.h"
#include "collectors/inject/native_stack.h"
#include "collectors/inject/thread_state.h"
#include "core/metrics/operators.h"

namespace hotloop::inject {
namespace {

// A cached stack costs about 0.4 us, so these take at most 1 % and 2 % of a thread's time.
constexpr std::uint32_t kAllocationStacksPerSecond = 20'000;
constexpr std::uint32_t kSyncStacksPerSecond = 50'000;

bool wouldSync(CacheEntry &entry, std::string_view name) noexcept {
  if (!(entry.flags & kTraitsKnown)) {
    entry.flags |= kTraitsKnown;
    if (has(operatorTraits(name), OperatorTrait::kHostSync)) entry.flags |= kWouldSync;
  }
  return (entry.flags & kWouldSync) != 0;
}

std::uint32_t boundedStack(ThreadState &thread, TokenBucket &bucket,
                           std::uint32_t perSecond) noexcept {
  if (!processState.options.stacks) return 0;
  if (!bucket.take(perSecond)) {
    count(ring::Counter::kStacksNotTaken);
    return 0;
  }
  return takeStack(thread);
}

std::uint32_t leafLocation(ThreadState &thread) noexcept {
  const FrameWalker *walker = frameWalker();
  return walker ? walker->leaf(thread) : 0;
}

void closeStep(ThreadState &thread, std::uint64_t end) noexcept {
  if (!thread.stepOpen) return;
  thread.stepOpen = false;
  ring::StepRecord record{{}, 0, thread.stepStart, end, thread.stepNumber};
  write(thread, record, ring::RecordType::kStep);
}

} // namespace

void count(ring::Counter counter, std::uint64_t add) noexcept {
  if (ring::RegionWriter *region = existingRegion()) region->count(counter, add);
}

void opBegin(std::string_view name, std::uint8_t scope, std::int64_t sequence,
             std::uint32_t forwardThread) noexcept {
  Recording recording;
  if (!recording) return;
  ThreadState &thread = recording.thread();
  if (thread.openOps == kMostOpen) {
    ++thread.lostOps;
    count(ring::Counter::kOpenOverflow);
    return;
  }
  OpenOp &op = thread.ops[thread.openOps];
  CacheEntry *entry = name.empty() ? nullptr : internEntry(thread, name);
  op.name = entry ? entry->id : 0;
  op.lost = !entry && !name.empty();
  op.scope = scope;
  op.sequence = sequence;
  op.forwardThread = forwardThread;
  op.location = 0;
  op.stack = 0;
  if (!op.lost) {
    const bool sync = entry && wouldSync(*entry, name);
    op.location = leafLocation(thread);
    if (sync) op.stack = boundedStack(thread, thread.syncStacks, kSyncStacksPerSecond);
  }
  op.start = stamp();
  ++thread.openOps;
}

void opEnd() noexcept {
  const std::uint64_t end = stamp();
  Recording recording;
  if (!recording) return;
  ThreadState &thread = recording.thread();
  if (thread.lostOps > 0) {
    --thread.lostOps;
    return;
  }
  if (thread.openOps == 0) return; // begun before a fork, or before we were there
  const OpenOp &op = thread.ops[--thread.openOps];
  if (op.lost) {
    count(ring::Counter::kDroppedRecords);
    return;
  }
  ring::OpRecord record{{},
                        op.name,
                        op.start,
                        end,
                        op.sequence,
                        op.location,
                        op.stack,
                        op.forwardThread,
                        static_cast<std::uint16_t>(thread.openOps),
                        op.scope,
                        0};
  write(thread, record, ring::RecordType::kOp);
}

void allocation(std::uint8_t allocator, std::uint64_t address, std::int64_t bytes,
                std::int64_t totalAllocated, std::int64_t totalReserved,
                std::int16_t device) noexcept {
  Recording recording;
  if (!recording) return;
  ThreadState &thread = recording.thread();
  const bool takes = bytes >= 0;
  const bool insideOp = thread.openOps > 0 && !thread.ops[thread.openOps - 1].lost;
  ring::AllocationRecord record{};
  record.stamp = stamp();
  record.location = insideOp ? thread.ops[thread.openOps - 1].location : leafLocation(thread);
  record.address = address;
  record.bytes = takes ? bytes : -bytes;
  record.totalAllocated = totalAllocated;
  record.totalReserved = totalReserved;
  record.stack =
      takes ? boundedStack(thread, thread.allocationStacks, kAllocationStacksPerSecond) : 0;
  record.deviceIndex = device;
  record.action = takes ? 1 : 2; // AllocationAction
  record.allocator = allocator;
  write(thread, record, ring::RecordType::kAllocation);
}

void stepBegin(std::int64_t number) noexcept {
  Recording recording;
  if (!recording) return;
  ThreadState &thread = recording.thread();
  closeStep(thread, stamp());
  thread.stepOpen = true;
  thread.stepNumber = number;
  thread.stepStart = stamp();
}

void stepEnd() noexcept {
  const std::uint64_t end = stamp();
  Recording recording;
  if (recording) closeStep(recording.thread(), end);
}

void threadName(std::uint32_t osTid, std::string_view name) noexcept {
  Recording recording;
  if (!recording || name.empty()) return;
  ring::ThreadNameRecord record{{}, osTid, internString(recording.thread(), name), 0};
  if (record.name != 0) write(recording.thread(), record, ring::RecordType::kThreadName);
}

} // namespace hotloop::inject
