#include "collectors/inject/clock_map.h"

#include <algorithm>
#include <cmath>
#include <x86intrin.h>

namespace hotloop {
namespace {

constexpr std::int64_t kLongestPiece = 1'000'000'000;
constexpr std::int64_t kShortestPiece = 50'000'000;
// A reading is good to some 100 ns; a counter that drifts this far within a piece was stopped or
// moved.
constexpr std::int64_t kJump = 1'000'000;
constexpr double kSteering = 1e-3; // most that a slope differs from the mean rate

double signedDistance(std::uint64_t from, std::uint64_t to) {
  return to >= from ? static_cast<double>(to - from) : -static_cast<double>(from - to);
}

} // namespace

ClockReading readClocks() {
  ClockReading best;
  std::uint64_t bestWidth = UINT64_MAX;
  for (int i = 0; i < 8; ++i) {
    const std::uint64_t before = __rdtsc();
    const std::int64_t time = monotonicNow().count;
    const std::uint64_t after = __rdtsc();
    if (after - before < bestWidth) {
      bestWidth = after - before;
      best = {before + (after - before) / 2, time};
    }
  }
  return best;
}

bool ClockMap::update(const ClockReading &now) {
  const double ticks = signedDistance(first_.ticks, now.ticks);
  const double time = static_cast<double>(now.monotonic - first_.monotonic);
  if (ticks <= 0 || time <= 0) return false;
  const double rate = time / ticks;
  if (pieces_.empty()) {
    pieces_.push_back({first_.ticks, first_.monotonic, rate});
    return true;
  }
  const std::int64_t age = now.monotonic - pieces_.back().time;
  const std::int64_t total = now.monotonic - first_.monotonic;
  if (age < std::clamp(total / 4, kShortestPiece, kLongestPiece)) return false;

  const std::int64_t predicted = fromTicks(now.ticks).count;
  const std::int64_t error = now.monotonic - predicted;
  if (std::abs(error) > kJump) {
    ++jumps_;
    // Times never fall. The mean rate over the jump says nothing: begin anew.
    const std::int64_t from = std::max(predicted, now.monotonic);
    pieces_.push_back({now.ticks, from, pieces_.back().slope});
    first_ = {now.ticks, from};
    return true;
  }
  const double next = static_cast<double>(std::clamp(total / 3, kShortestPiece, kLongestPiece));
  const double steer = std::clamp(static_cast<double>(error) / next, -kSteering, kSteering);
  pieces_.push_back({now.ticks, predicted, rate * (1.0 + steer)});
  return true;
}

Nanoseconds ClockMap::fromTicks(std::uint64_t ticks) const {
  if (pieces_.empty()) return Nanoseconds(first_.monotonic);
  auto piece = pieces_.end() - 1;
  if (ticks < piece->ticks) {
    piece = std::upper_bound(pieces_.begin(), pieces_.end(), ticks,
                             [](std::uint64_t value, const Piece &p) { return value < p.ticks; });
    if (piece != pieces_.begin()) --piece;
  }
  const double distance = signedDistance(piece->ticks, ticks) * piece->slope;
  constexpr double kFarthest = 4e18; // stamps that make no sense stay representable
  const double bounded = std::clamp(distance, -kFarthest, kFarthest);
  std::int64_t time = 0;
  if (__builtin_add_overflow(piece->time, static_cast<std::int64_t>(std::llround(bounded)), &time))
    time = bounded > 0 ? INT64_MAX / 2 : INT64_MIN / 2;
  return Nanoseconds(time);
}

} // namespace hotloop
