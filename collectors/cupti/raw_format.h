#pragma once

#include <cstdint>

// The file of `hotloop record --debug-raw`: CUPTI's buffers as they came, and the texts that their
// pointers need. A header, then blocks, little endian, each a RawBlock and `bytes` of content
// padded to 8: a text stands before the first buffer whose records point at it.
namespace hotloop::cupti {

inline constexpr char kRawMagic[8] = {'h', 'l', 'c', 'u', 'p', 't', 'i', '1'};

struct RawHeader {
  char magic[8];
  std::uint32_t cuptiVersion;
  std::uint32_t reserved;
};
enum class RawBlockKind : std::uint64_t { kText = 1, kBuffer = 2 };
struct RawBlock {
  RawBlockKind kind;
  std::uint64_t address; // kText: what it had in the process
  std::uint64_t bytes;
};

} // namespace hotloop::cupti
