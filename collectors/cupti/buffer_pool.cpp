#include "collectors/cupti/buffer_pool.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <sys/mman.h>

namespace hotloop::cupti {

bool BufferPool::create() noexcept {
  void *memory = ::mmap(nullptr, kBuffers * kBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return false;
  memory_ = static_cast<std::uint8_t *>(memory);
  // The first ones are made present here, so that the program does not meet their page faults.
  constexpr std::size_t kPresent = 4;
  for (std::size_t at = 0; at < kPresent * kBytes; at += 4096)
    *reinterpret_cast<volatile std::uint8_t *>(memory_ + at) = 0;
  free_.store((std::uint64_t(1) << kBuffers) - 1, std::memory_order_release);
  return true;
}

std::uint8_t *BufferPool::take() noexcept {
  std::uint64_t free = free_.load(std::memory_order_acquire);
  while (free != 0) {
    // The lowest, so that only as many become present as are in use at once.
    const int index = std::countr_zero(free);
    if (free_.compare_exchange_weak(free, free & ~(std::uint64_t(1) << index),
                                    std::memory_order_acquire))
      return memory_ + static_cast<std::size_t>(index) * kBytes;
  }
  refused_.fetch_add(1, std::memory_order_relaxed);
  return nullptr;
}

void BufferPool::complete(std::uint8_t *buffer, std::size_t bytes) noexcept {
  if (!memory_ || buffer < memory_ || buffer >= memory_ + kBuffers * kBytes) return;
  const std::uint64_t index = static_cast<std::uint64_t>(buffer - memory_) / kBytes;
  const std::uint64_t place = head_.fetch_add(1, std::memory_order_relaxed) % kQueue;
  queue_[place].store((std::min<std::uint64_t>(bytes, kBytes) << 8) | (index + 1),
                      std::memory_order_release);
}

bool BufferPool::next(Completed &completed) noexcept {
  const std::uint64_t entry = queue_[tail_ % kQueue].exchange(0, std::memory_order_acquire);
  if (entry == 0) return false;
  ++tail_;
  completed.buffer = memory_ + ((entry & 0xff) - 1) * kBytes;
  completed.bytes = entry >> 8;
  return true;
}

void BufferPool::giveBack(std::uint8_t *buffer) noexcept {
  std::memset(buffer, 0, kBytes);
  const std::uint64_t index = static_cast<std::uint64_t>(buffer - memory_) / kBytes;
  free_.fetch_or(std::uint64_t(1) << index, std::memory_order_release);
}

std::size_t BufferPool::inUse() const noexcept {
  return kBuffers - static_cast<std::size_t>(std::popcount(free_.load(std::memory_order_relaxed)));
}

} // namespace hotloop::cupti
