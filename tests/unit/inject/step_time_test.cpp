#include <gtest/gtest.h>

#include "collectors/inject/step_time.h"

namespace hotloop {
namespace {

// Steps of `length` one after the other from `begin`.
void add(std::vector<StepSpan> &steps, std::int64_t begin, std::int64_t length, int count) {
  for (int i = 0; i < count; ++i, begin += length)
    steps.push_back({Nanoseconds(begin), Nanoseconds(begin + length)});
}

TEST(StepTime, OfTheStepsAfterTheWindow) {
  std::vector<StepSpan> steps;
  add(steps, 0, 100, 10);
  add(steps, 1000, 500, 4); // the window
  add(steps, 3001, 120, 5);
  EXPECT_EQ(stepTimeOutside(steps, Nanoseconds(1000), Nanoseconds(3000))->count, 120);
}

TEST(StepTime, ElseOfTheLaterHalfOfThoseBefore) {
  std::vector<StepSpan> steps;
  add(steps, 0, 900, 10); // warm-up
  add(steps, 9000, 100, 10);
  add(steps, 10000, 500, 4);
  EXPECT_EQ(stepTimeOutside(steps, Nanoseconds(10000), Nanoseconds(0))->count, 100);
}

TEST(StepTime, NoneOfTooFew) {
  std::vector<StepSpan> steps;
  add(steps, 0, 100, 2);
  EXPECT_FALSE(stepTimeOutside(steps, Nanoseconds(200), Nanoseconds(300)));
  EXPECT_FALSE(stepTimeOutside({}, Nanoseconds(200), Nanoseconds(300)));
}

} // namespace
} // namespace hotloop
