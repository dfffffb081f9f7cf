#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace hotloop::cupti {

// The buffers that CUPTI writes to. Taking and handing in may happen in any thread of the program,
// under CUPTI's locks: neither waits, allocates or makes a system call. Handed in buffers come out
// in that order, in one thread. A pool belongs to the process that made it.
class BufferPool {
public:
  // CUPTI fills one buffer per thread, so many small ones; 48 MiB in all (design bound).
  static constexpr std::size_t kBuffers = 48;
  static constexpr std::size_t kBytes = 1024 * 1024;

  struct Completed {
    std::uint8_t *buffer = nullptr;
    std::size_t bytes = 0; // that hold records
  };

  // False: no memory.
  bool create() noexcept;
  // A zeroed buffer, or null when all are in use.
  std::uint8_t *take() noexcept;
  void complete(std::uint8_t *buffer, std::size_t bytes) noexcept;
  // The decoding thread: the next one handed in, if any; it zeroes and gives it back.
  bool next(Completed &completed) noexcept;
  void giveBack(std::uint8_t *buffer) noexcept;

  std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }
  std::size_t inUse() const noexcept;

private:
  static constexpr std::size_t kQueue = 64;
  static_assert(kBuffers < kQueue, "a slot of the queue is free whenever a buffer is");

  std::uint8_t *memory_ = nullptr;
  std::atomic<std::uint64_t> free_{0};                     // a bit per buffer
  std::array<std::atomic<std::uint64_t>, kQueue> queue_{}; // bytes << 8 | buffer + 1
  std::atomic<std::uint64_t> head_{0};
  std::uint64_t tail_ = 0;
  std::atomic<std::uint64_t> refused_{0};
};

} // namespace hotloop::cupti
