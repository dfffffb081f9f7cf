#include "core/export/perfetto/lane_tracks.h"

namespace hotloop {

namespace {

constexpr std::size_t kMostTracks = 64; // beyond it slices are cut to fit

} // namespace

LaneTracks::Track &LaneTracks::track(std::size_t index) {
  if (index == tracks_.size()) tracks_.push_back({open_(index), {}});
  return tracks_[index];
}

void LaneTracks::endUntil(Track &track, std::int64_t time) {
  while (!track.ends.empty() && track.ends.back() <= time) {
    writer_.end(track.id, track.ends.back());
    track.ends.pop_back();
  }
}

void LaneTracks::add(PacketWriter::Slice slice, std::int64_t end) {
  for (std::size_t i = 0;; ++i) {
    Track &at = track(i);
    endUntil(at, slice.time);
    if (!at.ends.empty() && at.ends.back() < end) {
      if (i + 1 < kMostTracks) continue;
      end = at.ends.back();
    }
    slice.track = at.id;
    writer_.begin(slice);
    at.ends.push_back(end);
    return;
  }
}

void LaneTracks::instant(PacketWriter::Slice slice) {
  Track &at = track(0);
  endUntil(at, slice.time);
  slice.track = at.id;
  writer_.instant(slice);
}

void LaneTracks::finish() {
  for (Track &track : tracks_) endUntil(track, INT64_MAX);
}

} // namespace hotloop
