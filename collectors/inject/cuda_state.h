#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/ring/cuda_records.h"

namespace hotloop {

// What the decoder of one process remembers of CUDA. Memory is bounded.
struct CudaState {
  // Records of CUPTI that ask for a call which was not read yet wait so many rounds for it.
  static constexpr int kRounds = 3;

  struct Stream {
    StreamId id;
    DeviceId device;
  };
  std::unordered_map<std::uint64_t, Stream> streams; // by context << 32 | stream

  // The synchronising and allocating calls of the last while, by their correlation: CUPTI's own
  // records of them tell no thread.
  struct Call {
    std::uint32_t correlation = 0;
    ThreadId lane;
    FrameId location;
    StackId stack;
    StringId name;
    Nanoseconds duration;
    bool virtualMemory = false;
    bool isOther = false; // ring::ApiClass::kOther
  };
  std::vector<Call> calls; // at correlation % size
  static constexpr std::size_t kCalls = 1 << 15;

  template <class Record> struct Waiting {
    Record record;
    int rounds = 0;
  };
  std::vector<Waiting<ring::CudaMemoryRecord>> waitingMemory;
  std::vector<Waiting<ring::CudaSyncRecord>> waitingSyncs;

  std::unordered_map<std::uint64_t, std::int64_t> totals; // live bytes by allocator and device
};

} // namespace hotloop
