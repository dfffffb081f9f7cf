#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/ring/region_reader.h"
#include "core/ring/region_writer.h"

// Regions in a folder of their own, for tests of both sides.
namespace hotloop::testing {

class RegionFolder {
public:
  RegionFolder();
  ~RegionFolder();
  RegionFolder(const RegionFolder &) = delete;
  RegionFolder &operator=(const RegionFolder &) = delete;
  const std::string &path() const { return path_; }

private:
  std::string path_;
};

// A small region of pid 77.
ring::RegionSpec regionSpec(const RegionFolder &folder,
                            std::size_t bytes = ring::kSmallestRegionBytes);

// What tests write: the number of the record in its thread, repeated to make different sizes.
struct NumberRecord {
  ring::RecordHeader header;
  std::uint32_t count; // of words that follow
  std::uint64_t number;
};

// A thread that writes NumberRecords and counts what finds no room.
class NumberWriter {
public:
  explicit NumberWriter(ring::RegionWriter &region)
      : region_(region), ordinal_(region.newThreadOrdinal()) {}
  bool write(std::uint64_t number, std::uint32_t extraWords = 0);
  void end() { cursor_.seal(); }
  std::uint32_t ordinal() const { return ordinal_; }

private:
  ring::RegionWriter &region_;
  std::uint32_t ordinal_, sequence_ = 0;
  ring::ChunkCursor cursor_;
};

// Collects the numbers of each thread; tells when one is out of order or its words are wrong.
class NumberCollector final : public ring::RecordConsumer {
public:
  void records(std::uint32_t threadOrdinal, std::uint32_t osTid,
               std::span<const std::byte> records) override;
  std::vector<std::vector<std::uint64_t>> numbers; // by ordinal
  bool broken = false;
};

} // namespace hotloop::testing
