#pragma once

#include <stdint.h>

// What libhotloop.so offers to the collectors compiled into it and to the plugins it opens
// (libhotloop_torch.so): a C table, so that a plugin built elsewhere can be refused by version.
// All functions are safe from any thread, never block on the reader, never throw, allocate nothing
// after a thread's first call, and do nothing in a process that could not set up its rings.
#ifdef __cplusplus
extern "C" {
#endif

#define HOTLOOP_PRODUCER_API_VERSION 2u

struct HotloopProducerApi {
  uint32_t version; // HOTLOOP_PRODUCER_API_VERSION
  uint32_t bytes;   // sizeof(struct HotloopProducerApi)

  // One operator: begin and end nest per thread. `name` need not outlive the call. sequence: -1
  // none.
  void (*opBegin)(const char *name, uint32_t length, uint8_t scope, int64_t sequence,
                  uint32_t forwardThread);
  void (*opEnd)(void);
  // bytes > 0 takes, < 0 gives back. device: -1 host, else CUDA ordinal. allocator: see Allocator.
  void (*allocation)(uint8_t allocator, uint64_t address, int64_t bytes, int64_t totalAllocated,
                     int64_t totalReserved, int16_t device);
  // Facts for the run's meta table; texts are cut at 4 KiB.
  void (*meta)(const char *key, const char *value);
  // One of hotloop::ring::Counter.
  void (*count)(uint32_t counter, uint64_t add);
  // What a caching allocator does beside handing out blocks. action: AllocationAction.
  void (*allocatorEvent)(uint8_t action, uint8_t allocator, uint64_t address, int64_t bytes,
                         int16_t device);
};

#ifdef __cplusplus
}
#endif
