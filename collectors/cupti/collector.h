#pragma once

#include <atomic>
#include <cstdint>
#include <semaphore.h>
#include <sys/types.h>

#include "collectors/cupti/buffer_pool.h"
#include "collectors/cupti/cupti_api.h"

// What the parts of the CUDA collector share. One per process, never destroyed: CUPTI may call in
// until the process is gone.
namespace hotloop::cupti {

struct Collector {
  CuptiApi api;
  BufferPool pool;
  CUpti_SubscriberHandle subscriber = nullptr;
  pid_t pid = 0;
  std::atomic<bool> live{false};   // callbacks are wanted; off in a forked child, after a failure
  std::atomic<bool> failed{false}; // CUPTI stopped by itself: it must not be called any more
  std::atomic<bool> ending{false}; // the process exits
  std::atomic<bool> hasThread{false};
  sem_t wake; // the decoding thread has something to do
  sem_t done; // it handed everything over after `ending`
};
extern Collector collector;

// subscriber.cpp: what CUPTI calls, and what it is asked to call. Enabling and disabling is for the
// start, and for windows: in any thread, outside of CUPTI's callbacks.
void CUPTIAPI onCallback(void *, CUpti_CallbackDomain domain, CUpti_CallbackId id,
                         const void *data) noexcept;
void enableCallbacks(bool on) noexcept;
// Those of graph nodes, and of CUPTI's own end: they are few, and a graph that is replayed in a
// window was captured before it.
void enableGraphNodes() noexcept;
void enableActivities(bool on) noexcept;

// decode_thread.cpp
bool startDecodeThread() noexcept;
// Hands over what CUPTI holds and waits for it, a few seconds at most.
void finishDecoding() noexcept;

} // namespace hotloop::cupti
