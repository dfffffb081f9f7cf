#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "collectors/inject/process_state.h"
#include "collectors/inject/producer.h"
#include "core/ring/region_writer.h"

// What one thread records with. Lives in its own anonymous mapping, zero at first and, where the
// kernel can do it, again in a forked child.
namespace hotloop::inject {

inline constexpr std::size_t kMostOpen = 128; // operators, and ranges, open at once on a thread

struct CacheEntry {
  std::uint64_t hash;
  std::uint32_t id; // 0: empty
  std::uint16_t length;
  std::uint16_t flags; // strings: kTraitsKnown, kWouldSync
};
inline constexpr std::uint16_t kTraitsKnown = 1;
inline constexpr std::uint16_t kWouldSync = 2;

struct OpenOp {
  std::uint64_t start;
  std::int64_t sequence;
  std::uint32_t name, location, stack, forwardThread;
  std::uint8_t scope;
  bool lost; // its name could not be defined
};
struct OpenRange {
  std::uint64_t start, payload;
  std::uint32_t name, domainName, domain, category, color;
  std::uint16_t depth;
  std::uint8_t payloadKind;
  bool lost;
  bool skipped; // begun outside of the window
  bool capture; // it is the window
};

// The CUDA call that the thread is in.
struct OpenApi {
  std::uint64_t start;
  std::uint32_t cbid, correlation, location, stack, window;
  std::uint8_t domain;
  bool open;
};

// Bounds how many stacks a thread takes per second.
struct TokenBucket {
  std::uint32_t tokens;
  std::uint64_t refilled; // CLOCK_MONOTONIC_COARSE ns; 0 at first
  bool take(std::uint32_t perSecond) noexcept;
};

struct ThreadState {
  bool busy; // inside our own recording
  std::uint32_t epoch;
  std::uint32_t ordinal, osTid, chunkSequence; // ordinal 0: none yet in this region
  std::uint32_t lastId;
  std::uint32_t definitions; // since the last forget
  std::uint32_t claimsToSkip;
  std::uint32_t dropped; // not yet in the region's counter
  ring::ChunkCursor cursor;

  std::uint32_t openOps, lostOps; // lostOps: nested deeper than kMostOpen
  std::uint32_t openRanges, lostRanges;
  bool stepOpen;
  std::uint64_t stepStart;
  std::int64_t stepNumber;
  TokenBucket syncStacks, allocationStacks, launchStacks;
  OpenApi api;
  std::uint64_t modulesSeen;
  std::array<void *, static_cast<std::size_t>(Slot::kCount)> slots;

  std::array<OpenOp, kMostOpen> ops;
  std::array<OpenRange, kMostOpen> ranges;
  std::array<CacheEntry, 2048> strings;
  std::array<CacheEntry, 1024> frames;
  std::array<CacheEntry, 1024> stacks;
};

extern thread_local ThreadState *currentThread __attribute__((tls_model("initial-exec")));

bool startThreads() noexcept;         // once, from startProcess
void resetThreadAfterFork() noexcept; // in the child
ThreadState *attachThread() noexcept; // null when this process is not recorded
std::byte *reserveSlow(ThreadState &thread, std::size_t bytes) noexcept;
void forgetDefinitions(ThreadState &thread) noexcept;
void writePendingMeta(ThreadState &thread) noexcept;

// Room for one record, or null: then it is dropped and counted.
inline std::byte *reserve(ThreadState &thread, std::size_t bytes) noexcept {
  std::byte *room = thread.cursor.reserve(bytes);
  return room ? room : reserveSlow(thread, bytes);
}

// Writes one record of fixed size, of which `record` is the whole.
template <class Record>
bool write(ThreadState &thread, Record &record, ring::RecordType type) noexcept {
  static_assert(sizeof(Record) % 8 == 0);
  std::byte *room = reserve(thread, sizeof(Record));
  if (!room) return false;
  record.header = {type, sizeof(Record)};
  __builtin_memcpy(room, &record, sizeof(Record));
  thread.cursor.commit(sizeof(Record));
  return true;
}

// The thread's state for the length of one call; empty when nothing is to be recorded, or when the
// call comes from within our own recording (signal handler, something we called).
class Recording {
public:
  Recording() noexcept : thread_(currentThread) {
    if (__builtin_expect(thread_ == nullptr, 0) && !(thread_ = attachThread())) return;
    if (__builtin_expect(thread_->busy, 0)) {
      thread_ = nullptr;
      count(ring::Counter::kReentered);
      return;
    }
    thread_->busy = true;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (__builtin_expect(thread_->definitions >= ring::kForgetAfter, 0))
      forgetDefinitions(*thread_);
  }
  ~Recording() {
    if (!thread_) return;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    thread_->busy = false;
  }
  Recording(const Recording &) = delete;
  Recording &operator=(const Recording &) = delete;
  explicit operator bool() const noexcept { return thread_ != nullptr; }
  ThreadState &thread() const noexcept { return *thread_; }

private:
  ThreadState *thread_;
};

} // namespace hotloop::inject
