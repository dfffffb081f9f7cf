#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "collectors/cupti/activity_decoder.h"
#include "collectors/cupti/collector.h"
#include "collectors/cupti/driver_facts.h"
#include "collectors/cupti/raw_writer.h"
#include "collectors/inject/producer.h"
#include "collectors/inject/thread_state.h"
#include "collectors/inject/window.h"

namespace hotloop::cupti {
namespace {

using namespace hotloop::inject;

constexpr std::int64_t kFlushInterval = 500'000'000; // ns
constexpr std::int64_t kTick = 20'000'000;           // ns
constexpr int kPatienceMs = 2000;                    // for a reader that takes nothing
constexpr std::int64_t kExitNs = 5'000'000'000;

std::int64_t nowNs() {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

// False: not posted until then. By the monotonic clock, as the other may be set.
bool waitFor(sem_t &semaphore, std::int64_t until) {
  const timespec deadline{until / 1'000'000'000, until % 1'000'000'000};
  int result;
  do {
    result = ::sem_clockwait(&semaphore, CLOCK_MONOTONIC, &deadline);
  } while (result != 0 && errno == EINTR);
  return result == 0;
}

void pauseMs(int ms) {
  const timespec pause{ms / 1000, (ms % 1000) * 1'000'000L};
  ::nanosleep(&pause, nullptr);
}

// Writes to this thread's chunks. Unlike the program's threads it may wait for the reader: CUPTI's
// buffers are the reserve. A quarter of the ring stays for the others.
class RingOutput final : public ActivityOutput {
public:
  void record(ring::RecordHeader *record, std::uint32_t *nameField, const char *name) override {
    const std::size_t nameBytes = name ? std::strlen(name) : 0;
    waitForRoom(record->bytes + nameBytes + kDefinitions);
    Recording recording;
    if (!recording) return;
    ThreadState &thread = recording.thread();
    if (nameBytes > 0) {
      *nameField = internString(thread, {name, nameBytes});
      if (*nameField == 0) return; // no room, which is counted
    }
    std::byte *room = reserve(thread, record->bytes);
    if (!room) return;
    std::memcpy(room, record, record->bytes);
    thread.cursor.commit(record->bytes);
  }

private:
  static constexpr std::size_t kDefinitions = 4096;

  void waitForRoom(std::size_t bytes) {
    ThreadState *thread = currentThread;
    ring::RegionWriter *region = existingRegion();
    if (!thread || !region || thread->cursor.reserve(bytes)) return;
    int waited = 0;
    while (region->freeChunks() * 4 < region->header().chunkCount) {
      if (patience_ == 0 || waited >= patience_) {
        patience_ = 0; // nobody reads: drop and count until that changes
        return;
      }
      pauseMs(1);
      ++waited;
    }
    patience_ = kPatienceMs;
  }

  int patience_ = kPatienceMs;
};

class DecodeThread {
public:
  void run() {
    std::int64_t nextFlush = nowNs() + kFlushInterval;
    while (true) {
      const std::int64_t tick = nowNs() + kTick;
      waitFor(collector.wake, windowWaitsForTime() ? std::min(nextFlush, tick) : nextFlush);
      windowTick();
      doWork();
      decodeAll();
      const bool ending = collector.ending.load();
      if (ending || nowNs() >= nextFlush) {
        flush(ending);
        decodeAll();
        report();
        nextFlush = nowNs() + kFlushInterval;
      }
      if (ending) {
        ::sem_post(&collector.done);
        collector.ending.store(false); // a later exit handler may make more of it
        if (collector.failed.load()) return;
      }
    }
  }

private:
  void decodeAll() {
    BufferPool::Completed completed;
    while (collector.pool.next(completed)) {
      if (!toldDriver_) {
        toldDriver_ = true;
        writeDriverFacts();
      }
      raw_.write(collector.api, completed.buffer, completed.bytes);
      const DecodeCounts counts =
          decodeActivities(collector.api, completed.buffer, completed.bytes, output_);
      collector.pool.giveBack(completed.buffer);
      if (counts.unknown > 0) inject::count(ring::Counter::kCuptiUnknown, counts.unknown);
      if (counts.noTime > 0) inject::count(ring::Counter::kCuptiNoTime, counts.noTime);
    }
  }

  void flush(bool forced) {
    if (collector.failed.load()) return;
    collector.api.cuptiActivityFlushAll(forced ? CUPTI_ACTIVITY_FLAG_FLUSH_FORCED : 0);
  }

  void report() {
    if (collector.failed.load()) return;
    std::size_t dropped = 0;
    if (collector.api.cuptiActivityGetNumDroppedRecords(nullptr, 0, &dropped) == CUPTI_SUCCESS &&
        dropped > 0)
      inject::count(ring::Counter::kCuptiDropped, dropped);
  }

  RingOutput output_;
  RawWriter raw_;
  bool toldDriver_ = false;
};

void *threadMain(void *) {
  ::pthread_setname_np(::pthread_self(), "hotloop-cupti");
  DecodeThread().run();
  return nullptr;
}

} // namespace

bool startDecodeThread() noexcept {
  // The program's signals are not for this thread.
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  const bool started = ::pthread_create(&thread, &attributes, threadMain, nullptr) == 0;
  ::pthread_attr_destroy(&attributes);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  collector.hasThread.store(started);
  return started;
}

void finishDecoding() noexcept {
  // In the decoding thread, as CUPTI waits for ever where a kernel never ends.
  collector.ending.store(true);
  ::sem_post(&collector.wake);
  if (!waitFor(collector.done, nowNs() + kExitNs)) inject::count(ring::Counter::kCudaFlushTimeout);
}

} // namespace hotloop::cupti
