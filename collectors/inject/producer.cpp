#include <cstring>

#include "collectors/inject/intern.h"
#include "collectors/inject/native_stack.h"
#include "collectors/inject/thread_state.h"
#include "collectors/inject/window.h"
#include "core/metrics/operators.h"

namespace hotloop::inject {
namespace {

constexpr std::uint8_t kUserScope = 7; // at::RecordScope

bool wouldSync(CacheEntry &entry, std::string_view name) noexcept {
  if (!(entry.flags & kTraitsKnown)) {
    entry.flags |= kTraitsKnown;
    if (has(operatorTraits(name), OperatorTrait::kHostSync)) entry.flags |= kWouldSync;
  }
  return (entry.flags & kWouldSync) != 0;
}

void closeStep(ThreadState &thread, std::uint64_t end) noexcept {
  if (!thread.stepOpen) return;
  thread.stepOpen = false;
  ring::StepRecord record{{}, 0, thread.stepStart, end, thread.stepNumber};
  write(thread, record, ring::RecordType::kStep);
}

} // namespace

namespace {
constinit std::atomic<void (*)() noexcept> workerWake{nullptr};
constinit std::atomic<void (*)() noexcept> pendingWork{nullptr};
} // namespace

bool callLater(void (*work)() noexcept) noexcept {
  const auto wake = workerWake.load(std::memory_order_acquire);
  if (!wake) return false;
  pendingWork.store(work, std::memory_order_release);
  wake();
  return true;
}

void setWorker(void (*wake)() noexcept) noexcept {
  workerWake.store(wake, std::memory_order_release);
}

void doWork() noexcept {
  if (const auto work = pendingWork.exchange(nullptr, std::memory_order_acq_rel)) work();
}

void count(ring::Counter counter, std::uint64_t add) noexcept {
  if (ring::RegionWriter *region = existingRegion()) region->count(counter, add);
}

void opBegin(std::string_view name, std::uint8_t scope, std::int64_t sequence,
             std::uint32_t forwardThread) noexcept {
  if (scope == kUserScope && name.starts_with("ProfilerStep#")) windowStep(3);
  windowTick();
  Recording recording;
  if (!recording) return;
  ThreadState &thread = recording.thread();
  const bool wanted = collecting();
  // Its end must not be taken for that of the operator around it.
  if (thread.lostOps > 0 || (!wanted && thread.openOps > 0) || thread.openOps == kMostOpen) {
    ++thread.lostOps;
    if (wanted) count(ring::Counter::kOpenOverflow);
    return;
  }
  if (!wanted) return;
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
  if (!collecting()) return;
  Recording recording;
  if (!recording) return;
  ThreadState &thread = recording.thread();
  const bool takes = bytes >= 0;
  ring::AllocationRecord record{};
  record.stamp = stamp();
  record.location = currentLocation(thread);
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

void allocatorEvent(std::uint8_t action, std::uint8_t allocator, std::uint64_t address,
                    std::int64_t bytes, std::int16_t device) noexcept {
  if (!collecting()) return;
  Recording recording;
  if (!recording) return;
  ThreadState &thread = recording.thread();
  ring::AllocationRecord record{};
  record.stamp = stamp();
  record.location = currentLocation(thread);
  record.address = address;
  record.bytes = bytes;
  record.totalAllocated = record.totalReserved = -1;
  record.stack = boundedStack(thread, thread.allocationStacks, kAllocationStacksPerSecond);
  record.deviceIndex = device;
  record.action = action;
  record.allocator = allocator;
  write(thread, record, ring::RecordType::kAllocation);
}

void stepBegin(std::int64_t number) noexcept {
  windowTick();
  windowStep(1);
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
