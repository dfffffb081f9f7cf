#pragma once

#include <cupti.h>

#include <cstdint>

// libfakecupti.so.13: CUPTI's functions that hotloop calls, with no GPU behind them, and what a
// test target does with them. It plays the part of the driver: calls make callbacks in the calling
// thread, work makes activity records in that thread's buffer. Any thread.
//
// FAKE_CUPTI in the environment, words by commas: version=<n>, subscribe=<CUptiResult> (with
// another tool's name "nsys"), register=<CUptiResult>, dropped=<n> (what GetNumDroppedRecords tells
// once), hang (a forced flush never returns), small (16 records fill a buffer).
extern "C" {

struct FakeCall {
  CUpti_CallbackDomain domain;
  CUpti_CallbackId id;
  const char *name;
  const void *params;
  std::int32_t status;
  // What happens inside of the call; may be null.
  void (*inside)(void *context, std::uint32_t correlation);
  void *context;
};
// Makes the call; returns its correlation id.
std::uint32_t fakeCall(const FakeCall *call);

// Puts one record (a CUpti_Activity... of `bytes`) in the calling thread's buffer, when its kind is
// enabled. False: not enabled, or no buffer was given (then the record counts as dropped).
bool fakeRecord(const void *record, std::uint32_t bytes);

// Hands over the buffers of all threads, the latest first when `reverse`.
void fakeDeliver(bool reverse);
// A graph node made (original 0) or cloned, as the resource callbacks tell it.
void fakeGraphNode(std::uint64_t graph, std::uint64_t node, std::uint64_t original);
void fakeFatal();

std::uint32_t fakeEnabledKinds(); // how many
std::uint32_t fakeEnabledCallbacks();
std::uint64_t fakeTimestamp(); // by the callback that was registered, else 0
}
