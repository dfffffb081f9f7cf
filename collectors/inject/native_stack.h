#pragma once

#include <cstddef>
#include <cstdint>

#include "collectors/inject/thread_state.h"

// Native call stacks by libunwind's cached trace, opened at run time and privately: a linked
// libunwind would take over the program's own _Unwind_* functions.
namespace hotloop::inject {

// The library's place in memory: frames in it are left out of stacks. Once, at the start.
void setOwnCode(const void *begin, const void *end) noexcept;

// Return addresses of the calling thread, innermost first, without the frames of this library. 0
// when there is no libunwind, or in a process where unwinding could wait for a lost lock.
std::size_t nativeStack(std::uint64_t *addresses, std::size_t capacity) noexcept;

// Native and Python frames of the calling thread as one definition; 0 when there are none.
std::uint32_t takeStack(ThreadState &thread) noexcept;

// takeStack() while the bucket lasts and stacks are wanted.
std::uint32_t boundedStack(ThreadState &thread, TokenBucket &bucket,
                           std::uint32_t perSecond) noexcept;
// A cached stack costs about 0.4 us, so these take at most 1 % and 2 % of a thread's time.
inline constexpr std::uint32_t kAllocationStacksPerSecond = 20'000;
inline constexpr std::uint32_t kSyncStacksPerSecond = 50'000;
inline constexpr std::uint32_t kLaunchStacksPerSecond = 5'000;

// The innermost user frame in Python; 0 none. Inside an operator it is the operator's.
std::uint32_t leafLocation(ThreadState &thread) noexcept;
inline std::uint32_t currentLocation(ThreadState &thread) noexcept {
  const bool insideOp = thread.openOps > 0 && !thread.ops[thread.openOps - 1].lost;
  return insideOp ? thread.ops[thread.openOps - 1].location : leafLocation(thread);
}

// Emits ModuleRecords for all loaded modules when something was loaded since this thread last did.
void writeNewModules(ThreadState &thread) noexcept;

// The walker that collectors/python set; null when there is none.
const FrameWalker *frameWalker() noexcept;

} // namespace hotloop::inject
