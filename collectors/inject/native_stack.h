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

// Emits ModuleRecords for all loaded modules when something was loaded since this thread last did.
void writeNewModules(ThreadState &thread) noexcept;

// The walker that collectors/python set; null when there is none.
const FrameWalker *frameWalker() noexcept;

} // namespace hotloop::inject
