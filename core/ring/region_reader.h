#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_handle.h"
#include "core/ring/ring_format.h"

namespace hotloop::ring {

// A region's header as the reader read it: plain values, already checked.
struct RegionInfo {
  std::uint32_t pid = 0;
  std::uint32_t parentPid = 0;
  ClockKind clock = ClockKind::kMonotonic;
  bool forked = false;
  std::uint64_t startStamp = 0;
  std::int32_t rank = -1;
  std::string executable;
  std::vector<std::string> commandLine;
};

// Takes what drain() finds.
class RecordConsumer {
public:
  virtual ~RecordConsumer() = default;
  // Whole records of one thread, in its order: each starts with a RecordHeader, `bytes` of every
  // one is a multiple of 8, at least 8, and ends within `records`. What they say is not checked.
  virtual void records(std::uint32_t threadOrdinal, std::uint32_t osTid,
                       std::span<const std::byte> records) = 0;
};

// The reader's side of one region. Whatever the file holds, or becomes, no call crashes or hangs:
// what does not fit the format is skipped and counted in damage(). One thread at a time.
class RegionReader {
public:
  // Null when the producer has not filled the header yet (try again later). Errors: unreadable, not
  // a region, other version. Keeps the file open, so it may be unlinked.
  static Result<std::unique_ptr<RegionReader>> open(const std::string &path);

  const RegionInfo &info() const { return info_; }
  // Hands everything published since the last call to `consumer` and frees emptied chunks. Returns
  // the bytes taken.
  std::size_t drain(RecordConsumer &consumer);
  // As of the last drain().
  std::uint64_t counter(Counter counter) const {
    return counters_[static_cast<std::size_t>(counter)];
  }
  bool finished() const { return finished_; }
  // Chunks or headers that did not make sense.
  std::uint64_t damage() const { return damage_; }

private:
  struct CloseDescriptor {
    using Type = int;
    static int invalid() { return -1; }
    static void close(int descriptor);
  };
  struct Place { // how far a chunk was read, and in which of its uses
    std::uint32_t threadOrdinal = 0;
    std::uint32_t sequence = 0;
    std::uint32_t position = 0;
    bool broken = false;
  };

  RegionReader() = default;
  bool readAt(std::size_t offset, void *target, std::size_t bytes) const;
  bool readTable(std::vector<std::byte> &table);
  void readChunk(std::size_t index, RecordConsumer &consumer);
  std::size_t wholeRecords(std::size_t bytes) const;

  UniqueHandle<CloseDescriptor> file_{-1};
  RegionInfo info_;
  std::size_t chunkCount_ = 0;
  std::vector<Place> places_;
  std::vector<std::byte> before_, after_, buffer_;
  std::vector<std::uint32_t> order_;
  std::array<std::uint64_t, static_cast<std::size_t>(Counter::kCount)> counters_{};
  bool finished_ = false;
  bool unreadable_ = false; // the file was cut short
  std::uint64_t damage_ = 0;
  std::size_t taken_ = 0;
};

} // namespace hotloop::ring
