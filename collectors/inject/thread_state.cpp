#include "collectors/inject/thread_state.h"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace hotloop::inject {

constinit thread_local ThreadState *currentThread = nullptr;

namespace {

using SlotDestructor = void (*)(void *) noexcept;
constinit std::atomic<SlotDestructor> slotDestructors[static_cast<std::size_t>(Slot::kCount)] = {};
pthread_key_t threadEnd;
// With a full ring, a search for a free chunk at every record would slow the program down.
constexpr std::uint32_t kClaimsToSkip = 256;

void endThread(void *pointer) {
  auto *thread = static_cast<ThreadState *>(pointer);
  thread->busy = true;
  for (std::size_t i = 0; i < thread->slots.size(); ++i) {
    const SlotDestructor destroy = slotDestructors[i].load(std::memory_order_acquire);
    if (destroy && thread->slots[i]) destroy(thread->slots[i]);
  }
  thread->cursor.seal();
  if (thread->dropped > 0) count(ring::Counter::kDroppedRecords, thread->dropped);
  currentThread = nullptr;
  ::munmap(thread, sizeof(ThreadState));
}

void clearCaches(ThreadState &thread) {
  thread.strings.fill({});
  thread.frames.fill({});
  thread.stacks.fill({});
}

} // namespace

void *&slot(ThreadState &thread, Slot slot) noexcept {
  return thread.slots[static_cast<std::size_t>(slot)];
}

void setSlotDestructor(Slot slot, void (*destroy)(void *) noexcept) noexcept {
  slotDestructors[static_cast<std::size_t>(slot)].store(destroy, std::memory_order_release);
}

std::uint32_t epoch(const ThreadState &thread) noexcept { return thread.epoch; }

bool startThreads() noexcept { return ::pthread_key_create(&threadEnd, endThread) == 0; }

void resetThreadAfterFork() noexcept {
  if (!currentThread) return;
  const std::uint32_t epoch = currentThread->epoch;
  std::memset(static_cast<void *>(currentThread), 0, sizeof(ThreadState));
  currentThread->epoch = epoch + 1;
}

ThreadState *attachThread() noexcept {
  if (!processState.options.recording) return nullptr;
  const int error = errno;
  void *memory = ::mmap(nullptr, sizeof(ThreadState), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    count(ring::Counter::kThreadsNotRecorded);
    errno = error;
    return nullptr;
  }
  ::madvise(memory, sizeof(ThreadState), MADV_WIPEONFORK); // else the fork handler does it
  auto *thread = static_cast<ThreadState *>(memory);
  thread->epoch = 1;
  currentThread = thread;
  ::pthread_setspecific(threadEnd, thread);
  errno = error;
  return thread;
}

std::byte *reserveSlow(ThreadState &thread, std::size_t bytes) noexcept {
  if (thread.epoch == 0 || thread.ordinal == 0) {
    // First record of the thread, or of a child made by a bare clone().
    adoptSilentFork();
    if (thread.epoch == 0) thread.epoch = 1;
  }
  ring::RegionWriter *region = inject::region();
  if (!region) return nullptr;
  ++thread.dropped; // this one, if nothing comes of it
  if (thread.claimsToSkip > 0) {
    --thread.claimsToSkip;
    return nullptr;
  }
  const bool first = thread.ordinal == 0;
  if (first) {
    thread.ordinal = region->newThreadOrdinal();
    thread.osTid = static_cast<std::uint32_t>(::syscall(SYS_gettid));
  }
  thread.cursor.seal();
  ring::ChunkHeader *chunk = region->claim(thread.ordinal, thread.osTid, thread.chunkSequence);
  if (chunk) --thread.dropped;
  // Told in one go: a counter that many threads write at every record would slow them down.
  if (thread.dropped > 0) region->count(ring::Counter::kDroppedRecords, thread.dropped);
  thread.dropped = 0;
  if (!chunk) {
    thread.claimsToSkip = kClaimsToSkip;
    return nullptr;
  }
  ++thread.chunkSequence;
  thread.cursor.start(chunk, region->payload(chunk));
  if (first) writePendingMeta(thread);
  return reserve(thread, bytes);
}

void forgetDefinitions(ThreadState &thread) noexcept {
  constexpr std::size_t kMostKept = kMostOpen * 5 + 2;
  constexpr std::size_t kMostBytes = sizeof(ring::ForgetRecord) + (kMostKept + 1) * 4;
  static_assert(kMostBytes + 8 <= ring::kMaxRecordBytes);
  std::array<std::uint32_t, kMostKept> keep;
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < thread.openOps; ++i)
    for (const std::uint32_t id : {thread.ops[i].name, thread.ops[i].location, thread.ops[i].stack})
      if (id != 0) keep[kept++] = id;
  for (std::uint32_t i = 0; i < thread.openRanges; ++i)
    for (const std::uint32_t id : {thread.ranges[i].name, thread.ranges[i].domainName})
      if (id != 0) keep[kept++] = id;
  if (thread.api.open)
    for (const std::uint32_t id : {thread.api.location, thread.api.stack})
      if (id != 0) keep[kept++] = id;

  const std::size_t bytes = (sizeof(ring::ForgetRecord) + kept * sizeof(std::uint32_t) + 7) / 8 * 8;
  std::byte *room = reserve(thread, bytes);
  if (!room) return; // tried again at the next event; no definition gets through either
  ring::ForgetRecord record{{ring::RecordType::kForget, static_cast<std::uint16_t>(bytes)}, kept};
  std::memcpy(room, &record, sizeof record);
  std::memcpy(room + sizeof record, keep.data(), kept * sizeof(std::uint32_t));
  thread.cursor.commit(bytes);
  thread.definitions = 0;
  ++thread.epoch;
  clearCaches(thread);
}

bool TokenBucket::take(std::uint32_t perSecond) noexcept {
  if (tokens == 0) {
    timespec now;
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    const std::uint64_t time = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
                               static_cast<std::uint64_t>(now.tv_nsec);
    const std::uint64_t passed = refilled == 0 ? 1'000'000'000u : time - refilled;
    const std::uint64_t earned =
        passed >= 1'000'000'000u ? perSecond : passed * perSecond / 1'000'000'000u;
    if (earned == 0) return false;
    refilled = time;
    tokens = static_cast<std::uint32_t>(earned);
  }
  --tokens;
  return true;
}

} // namespace hotloop::inject
