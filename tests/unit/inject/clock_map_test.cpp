#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>

#include "collectors/inject/clock_map.h"

namespace hotloop {
namespace {

constexpr double kRate = 1.0 / 2.45; // ns per tick
constexpr std::uint64_t kFirstTicks = 987'654'321'000;
constexpr std::int64_t kFirstTime = 55'000'000'000;

ClockReading at(double seconds, double drift = 0, std::int64_t error = 0) {
  const double time = seconds * 1e9;
  return {kFirstTicks + static_cast<std::uint64_t>(time / (kRate * (1 + drift))),
          kFirstTime + static_cast<std::int64_t>(time) + error};
}

TEST(ClockMap, FollowsTheMeasuredTime) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> noise(-60, 60);
  ClockMap map(at(0));
  for (double seconds = 0.005; seconds < 30; seconds += 0.01) {
    map.update(at(seconds, 2e-5 * std::sin(seconds / 5), noise(random)));
    const ClockReading now = at(seconds, 2e-5 * std::sin(seconds / 5));
    if (seconds > 1) {
      EXPECT_LT(std::llabs(map.fromTicks(now.ticks).count - now.monotonic), 150'000) << seconds;
    }
  }
  EXPECT_EQ(map.jumps(), 0);
}

TEST(ClockMap, IsExactForASteadyCounter) {
  ClockMap map(at(0));
  for (double seconds = 0.01; seconds < 10; seconds += 0.01) map.update(at(seconds));
  for (const double seconds : {0.0, 0.003, 0.5, 1.7, 4.2, 9.9, 10.5})
    EXPECT_NEAR(static_cast<double>(map.fromTicks(at(seconds).ticks).count),
                static_cast<double>(at(seconds).monotonic), 20.0);
}

TEST(ClockMap, NeverChangesThePastAndNeverFalls) {
  std::mt19937 random(11);
  std::uniform_int_distribution<int> noise(-5000, 5000);
  ClockMap map(at(0));
  map.update(at(0.01));
  const std::uint64_t early = at(0.02).ticks;
  const std::int64_t before = map.fromTicks(early).count;
  std::int64_t last = INT64_MIN;
  for (double seconds = 0.03; seconds < 20; seconds += 0.013) {
    map.update(at(seconds, 0, noise(random)));
    const std::int64_t time = map.fromTicks(at(seconds).ticks).count;
    EXPECT_GT(time, last);
    last = time;
    EXPECT_EQ(map.fromTicks(early).count, before);
  }
}

TEST(ClockMap, CountsAJumpAndGoesOn) {
  ClockMap map(at(0));
  for (double seconds = 0.01; seconds < 2; seconds += 0.01) map.update(at(seconds));
  constexpr std::int64_t kSleep = 3'600'000'000'000; // the counter stood still
  for (double seconds = 2; seconds < 8; seconds += 0.01) map.update(at(seconds, 0, kSleep));
  EXPECT_GE(map.jumps(), 1);
  const ClockReading now = at(8, 0, kSleep);
  EXPECT_LT(std::llabs(map.fromTicks(now.ticks).count - now.monotonic), 10'000'000);
}

TEST(ClockMap, SenselessStampsStayFinite) {
  ClockMap map(at(0));
  map.update(at(1));
  EXPECT_GT(map.fromTicks(UINT64_MAX).count, 0);
  EXPECT_LT(map.fromTicks(0).count, kFirstTime);
}

TEST(ReadClocks, MovesForward) {
  const ClockReading first = readClocks(), second = readClocks();
  EXPECT_GT(second.ticks, first.ticks);
  EXPECT_GE(second.monotonic, first.monotonic);
}

} // namespace
} // namespace hotloop
