#include "gui/data/trace/event_pieces.h"

namespace hotloop::gui {
namespace {

constexpr std::size_t kBlockEvents = 1 << 20; // 32 MB
constexpr std::size_t kMovesPerEvent = 24;

// Files are written as events end: a parent follows its children and goes back by as many places.
// That is by far less than sorting; a file of another kind is sorted.
void sortEvents(std::span<RawEvent> events) {
  std::size_t budget = kMovesPerEvent * events.size();
  for (std::size_t i = 1; i < events.size(); ++i) {
    if (!isBefore(events[i], events[i - 1])) continue;
    const RawEvent event = events[i];
    std::size_t place = i;
    for (; place > 0 && isBefore(event, events[place - 1]); --place)
      events[place] = events[place - 1];
    events[place] = event;
    if (i - place > budget) {
      std::sort(events.begin(), events.end(), isBefore);
      return;
    }
    budget -= i - place;
  }
}

} // namespace

bool isBefore(const RawEvent &a, const RawEvent &b) {
  if (a.start != b.start) return a.start < b.start;
  return a.duration != b.duration ? a.duration > b.duration : a.row < b.row;
}

std::span<RawEvent> EventArena::take(std::size_t count) {
  const std::lock_guard lock(mutex_);
  if (blocks_.empty() || blocks_.back().size() - used_ < count) {
    blocks_.emplace_back(std::max(count, kBlockEvents));
    used_ = 0;
  }
  const std::span<RawEvent> taken(blocks_.back().data() + used_, count);
  used_ += count;
  return taken;
}

void addPieces(const RawChunk &chunk, EventArena &arena, std::vector<EventPiece> &pieces) {
  std::vector<std::uint32_t> ids;
  for (const RawEvent &event : chunk.events) {
    if (ids.empty() || ids.back() != event.entity) ids.push_back(event.entity);
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::size_t last = 0;
  const auto place = [&](std::uint32_t id) {
    if (ids[last] != id) { // mostly the neighbour's
      last = static_cast<std::size_t>(std::lower_bound(ids.begin(), ids.end(), id) - ids.begin());
    }
    return last;
  };
  std::vector<std::size_t> counts(ids.size());
  for (const RawEvent &event : chunk.events) ++counts[place(event.entity)];
  std::vector<RawEvent *> next(ids.size());
  const std::size_t before = pieces.size();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    pieces.push_back({trackTable(chunk.table), ids[i], arena.take(counts[i])});
    next[i] = pieces.back().events.data();
  }
  for (const RawEvent &event : chunk.events) *next[place(event.entity)]++ = event;
  for (std::size_t i = before; i < pieces.size(); ++i) sortEvents(pieces[i].events);
}

} // namespace hotloop::gui
