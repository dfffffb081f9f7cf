#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/export/perfetto/packet_writer.h"

namespace hotloop {

// Slices of one lane, in order of (start, longer first), on as few tracks as nest: a slice that
// would end after the one around it goes to a further track, as work of parallel branches does.
class LaneTracks {
public:
  // `open(i)` makes track i of the lane and returns its id; called when it is first needed.
  LaneTracks(PacketWriter &writer, std::function<std::uint64_t(std::size_t)> open)
      : writer_(writer), open_(std::move(open)) {}

  void add(PacketWriter::Slice slice, std::int64_t end);
  void instant(PacketWriter::Slice slice);
  // Ends what is open.
  void finish();

private:
  struct Track {
    std::uint64_t id = 0;
    std::vector<std::int64_t> ends; // of the open slices, outermost first
  };
  void endUntil(Track &track, std::int64_t time);
  Track &track(std::size_t index);

  PacketWriter &writer_;
  std::function<std::uint64_t(std::size_t)> open_;
  std::vector<Track> tracks_;
};

} // namespace hotloop
