#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "collectors/inject/thread_state.h"

// Definitions of strings, Python frames and stacks, each emitted when the thread's cache misses.
namespace hotloop::inject {

inline constexpr std::size_t kLongestText = 4096;

// A fast 64-bit hash (multiply and fold, as in wyhash); not against an adversary.
inline std::uint64_t mixHash(std::uint64_t a, std::uint64_t b) noexcept {
  const unsigned __int128 product =
      static_cast<unsigned __int128>(a ^ 0x9e3779b97f4a7c15u) * (b ^ 0xd6e8feb86659fd93u);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}
inline std::uint64_t hashBytes(const void *data, std::size_t length) noexcept {
  const auto *at = static_cast<const unsigned char *>(data);
  std::uint64_t hash = length;
  std::uint64_t word = 0;
  for (; length >= 8; at += 8, length -= 8) {
    std::memcpy(&word, at, 8);
    hash = mixHash(hash, word);
  }
  if (length > 0) {
    word = 0;
    std::memcpy(&word, at, length);
    hash = mixHash(hash, word ^ 0xa0761d6478bd642fu);
  }
  return hash | 1;
}

// The cache entry of `text` with a good id, or null when it could not be defined. `text` is not
// empty.
CacheEntry *internEntry(ThreadState &thread, std::string_view text) noexcept;

// Id of the call stack of these return addresses and Python frames, innermost first; 0: no room.
std::uint32_t internStack(ThreadState &thread, const std::uint64_t *native, std::size_t nativeCount,
                          const std::uint32_t *python, std::size_t pythonCount) noexcept;

} // namespace hotloop::inject
