#pragma once

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "gui/data/trace/big_array.h"
#include "gui/data/trace/trace.h"

namespace hotloop::gui {

// One event as it is read, before it has a place.
struct RawEvent {
  std::int64_t start = 0;    // on the run's clock
  std::int64_t duration = 0; // not negative
  std::uint32_t name = 0;    // index of Trace::names, or of TraceParts::nameOf
  std::uint32_t row = 0;
  std::uint32_t entity = 0;      // thread or stream; the builder puts the depth here
  std::uint32_t correlation = 0; // 0 none
};

// A part of an event table. Kernels, copies and fills share the tracks of streams.
struct RawChunk {
  EventTable table = EventTable::kOp;
  std::vector<RawEvent> events;
};

// Events of one thread or stream, in order: by start, longer ones first, then as they were read.
struct EventPiece {
  EventTable table = EventTable::kOp; // of the track
  std::uint32_t entity = 0;
  std::span<RawEvent> events;
};
bool isBefore(const RawEvent &a, const RawEvent &b);

// Owns the events of many pieces. Threads may take from it at once.
class EventArena {
public:
  std::span<RawEvent> take(std::size_t count);

private:
  std::mutex mutex_;
  std::vector<BigArray<RawEvent>> blocks_;
  std::size_t used_ = 0; // of the last block
};

// The events of a chunk by thread or stream, copied to the arena and sorted.
void addPieces(const RawChunk &chunk, EventArena &arena, std::vector<EventPiece> &pieces);

// Visits the events of several pieces of a track in order. Pieces mostly follow one another, so it
// costs a comparison per event.
template <class Visit> void visitInOrder(std::vector<std::span<RawEvent>> pieces, Visit &&visit) {
  const auto later = [](const std::span<RawEvent> &a, const std::span<RawEvent> &b) {
    return isBefore(b.front(), a.front());
  };
  std::erase_if(pieces, [](const std::span<RawEvent> &piece) { return piece.empty(); });
  std::make_heap(pieces.begin(), pieces.end(), later);
  while (!pieces.empty()) {
    std::pop_heap(pieces.begin(), pieces.end(), later);
    std::span<RawEvent> piece = pieces.back();
    pieces.pop_back();
    const RawEvent *limit = pieces.empty() ? nullptr : &pieces.front().front();
    std::size_t i = 0;
    do visit(piece[i++]);
    while (i < piece.size() && (limit == nullptr || !isBefore(*limit, piece[i])));
    if (i == piece.size()) continue;
    pieces.push_back(piece.subspan(i));
    std::push_heap(pieces.begin(), pieces.end(), later);
  }
}

} // namespace hotloop::gui
