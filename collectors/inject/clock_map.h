#pragma once

#include <cstdint>
#include <vector>

#include "core/base/time.h"

namespace hotloop {

// One reading of both clocks, as close together as could be had.
struct ClockReading {
  std::uint64_t ticks = 0;
  std::int64_t monotonic = 0; // ns
};
ClockReading readClocks();

// Turns time-stamp counter ticks into CLOCK_MONOTONIC ns by a piecewise linear function. It only
// grows at its end, beyond every stamp that was ever converted, so a stamp has one value however
// late it comes; it is continuous (but for a clock that jumped) and never falls. Each piece is
// steered so that the function meets the measured time at the piece's end.
class ClockMap {
public:
  // `first` was read before any stamp was taken.
  explicit ClockMap(const ClockReading &first) : first_(first) {}

  // Call with a fresh reading before each conversion of new stamps. True when the reading was kept,
  // i.e. is worth a clock_sync row. The first one should come some milliseconds after `first`.
  bool update(const ClockReading &now);
  Nanoseconds fromTicks(std::uint64_t ticks) const;
  // Readings that did not fit: the counter or the clock jumped.
  std::int64_t jumps() const { return jumps_; }

private:
  struct Piece {
    std::uint64_t ticks;
    std::int64_t time;
    double slope; // ns per tick, > 0
  };
  ClockReading first_;
  std::vector<Piece> pieces_;
  std::int64_t jumps_ = 0;
};

} // namespace hotloop
