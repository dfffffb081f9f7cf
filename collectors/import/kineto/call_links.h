#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "collectors/import/kineto/names.h"
#include "core/trace/trace_sink.h"

namespace hotloop::kineto {

// What can only be told when a CUDA call and the device's record of it are both known, whatever
// their order in the file: was a copy asked for by an Async call, which thread waited, does every
// piece of device work have its call. Holds the calls and copies concerned, up to a bound; beyond
// it the oldest are settled with what is known by then.
class CallLinks {
public:
  explicit CallLinks(TraceSink &sink) : sink_(sink) {}

  void addCall(const ApiEvent &call, CallRole role);
  void addCopy(const MemcpyEvent &copy);
  // `lane` is filled in here.
  void addSync(const SyncEvent &sync);
  void addDeviceWork(std::uint32_t correlation);

  // Writes what is held. Waits that no record tells of are made from their calls.
  void settle();

  struct Counts {
    std::int64_t syncRecords = 0;    // waits with a record of their own
    std::int64_t syncsFromCalls = 0; // waits told by their call alone
    std::int64_t orphans = 0;        // correlation ids of device work that no call has
    std::int64_t duplicateCalls = 0; // calls of one kind that share a correlation id
  };
  // Complete after settle().
  const Counts &counts() const { return counts_; }

private:
  struct Call {
    ThreadId lane;
    CallRole role = CallRole::kOther;
    Nanoseconds start;
    Nanoseconds duration;
    StringId name;
    std::uint32_t correlation = 0;
  };

  // Sets of correlation ids: one bit each, by pages of 64 Ki.
  enum Mark : std::uint8_t { kRuntime, kDriver, kDevice, kMarks };
  struct Page {
    std::vector<std::uint64_t> bits[kMarks];
  };
  bool mark(Mark what, std::uint32_t correlation); // true when it was marked already

  void settleHeld();
  void addFromCall(const Call &call);

  TraceSink &sink_;
  std::vector<Call> calls_;
  std::vector<MemcpyEvent> copies_;
  std::vector<SyncEvent> syncs_;
  std::unordered_map<std::uint32_t, Page> pages_;
  bool marksFull_ = false;
  Counts counts_;
};

} // namespace hotloop::kineto
