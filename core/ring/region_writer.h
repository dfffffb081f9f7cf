#pragma once

#include <cstddef>
#include <cstdint>

#include "core/ring/ring_format.h"

namespace hotloop::ring {

// What a region says about its process.
struct RegionSpec {
  const char *folder = nullptr; // live folder, absolute
  std::uint32_t pid = 0;
  std::uint32_t parentPid = 0;
  ClockKind clock = ClockKind::kMonotonic;
  bool forked = false;
  std::uint64_t startStamp = 0;
  std::int32_t rank = -1;
  const char *executable = "";
  const char *commandLine = ""; // arguments, each zero-terminated
  std::size_t commandLineLength = 0;
  std::size_t bytes = kRegionBytes; // halved, down to kSmallestRegionBytes, while there is no room
};

// The producer's side of one region. Made for the inside of a foreign program: allocates nothing on
// the heap, throws nothing, keeps no descriptor. Any thread may call any member.
class RegionWriter {
public:
  // Makes the file (under the first serial that is free), takes its memory and maps it. 0, or
  // errno; after a failure the object is empty and the marker `<pid>.failed` lies in the folder if
  // possible.
  int create(const RegionSpec &spec) noexcept;
  // Unmaps; only when nobody writes any more. The file stays.
  void unmap() noexcept;
  // After a fork: the region is the parent's; this object becomes empty, the mapping stays.
  void forget() noexcept;

  explicit operator bool() const noexcept { return header_ != nullptr; }
  RegionHeader &header() const noexcept { return *header_; }
  void count(Counter counter, std::uint64_t add) const noexcept {
    header_->counters[static_cast<std::size_t>(counter)].fetch_add(add, std::memory_order_relaxed);
  }
  std::uint32_t newThreadOrdinal() const noexcept {
    return header_->threads.fetch_add(1, std::memory_order_relaxed) + 1;
  }

  // A free chunk, now owned with `committed` 0, or null when there is none.
  ChunkHeader *claim(std::uint32_t threadOrdinal, std::uint32_t osTid,
                     std::uint32_t sequence) noexcept;
  // Chunks that could be claimed now.
  std::size_t freeChunks() const noexcept;
  // The chunk's kChunkBytes.
  std::byte *payload(const ChunkHeader *chunk) const noexcept;

private:
  RegionHeader *header_ = nullptr;
  ChunkHeader *table_ = nullptr;
  std::size_t mappedBytes_ = 0;
  std::atomic<std::uint32_t> searchFrom_{0};
};

// A thread's place in the chunk that it owns. Used by that thread only.
class ChunkCursor {
public:
  // Room for `bytes` (a multiple of 8), or null when the chunk is full or there is none.
  std::byte *reserve(std::size_t bytes) const noexcept {
    return static_cast<std::size_t>(limit_ - next_) >= bytes ? next_ : nullptr;
  }
  // Publishes what was written to the last reserve().
  void commit(std::size_t bytes) noexcept {
    next_ += bytes;
    chunk_->committed.store(static_cast<std::uint32_t>(next_ - begin_), std::memory_order_release);
  }
  void start(ChunkHeader *chunk, std::byte *payload) noexcept {
    chunk_ = chunk;
    begin_ = next_ = payload;
    limit_ = payload + kChunkBytes;
  }
  void seal() noexcept {
    if (chunk_) chunk_->state.store(ChunkState::kSealed, std::memory_order_release);
    *this = ChunkCursor();
  }

private:
  ChunkHeader *chunk_ = nullptr;
  std::byte *begin_ = nullptr;
  std::byte *next_ = nullptr;
  std::byte *limit_ = nullptr;
};

} // namespace hotloop::ring
