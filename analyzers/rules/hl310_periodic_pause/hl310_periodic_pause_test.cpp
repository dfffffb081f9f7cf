#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

template <class Pause> Analysis pausing(Pause &&pause) {
  ScriptedLoop loop;
  for (int i = 0; i < 80; ++i) {
    loop.beginStep();
    loop.op("aten::mm", "train", 1'000'000);
    loop.op("aten::sum", "save", 1'000);
    pause(loop, i);
    loop.op("aten::add", "train", 1'000);
    loop.endStep();
  }
  return analyzeOnly("HL310", loop);
}

TEST(PeriodicPause, NamesEveryTenthStepAndThePlace) {
  const Analysis analysis = pausing([](ScriptedLoop &loop, int i) {
    if (i % 10 == 5) loop.wait(3'000'000);
  });
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].title, "Every 10th step takes 3.00 ms longer");
  EXPECT_EQ(analysis.findings[0].site.function, "save");
}

TEST(PeriodicPause, FindsTheRhythmAmongStepsSlowByChance) {
  const Analysis analysis = pausing([](ScriptedLoop &loop, int i) {
    if (i % 10 == 5 && i != 35) loop.wait(3'000'000);
    if (i == 7 || i == 22 || i == 23) loop.wait(700'000);
  });
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].title, "Every 10th step takes 3.00 ms longer");
}

TEST(PeriodicPause, ABurstAtEqualDistancesIsNoRhythm) {
  EXPECT_THAT(pausing([](ScriptedLoop &loop, int i) {
                if (i == 20 || i == 23 || i == 26 || i == 29) loop.wait(3'000'000);
              }).findings,
              IsEmpty());
}

TEST(PeriodicPause, FiveAtEqualDistancesMayBeChance) {
  EXPECT_THAT(pausing([](ScriptedLoop &loop, int i) {
                if (i % 15 == 5 && i < 70) loop.wait(3'000'000);
              }).findings,
              IsEmpty());
}

TEST(PeriodicPause, LeavesNoiseAndShortOnesAlone) {
  EXPECT_THAT(pausing([](ScriptedLoop &loop, int i) {
                if (i == 12 || i == 19 || i == 40) loop.wait(3'000'000);
              }).findings,
              IsEmpty());
  EXPECT_THAT(pausing([](ScriptedLoop &loop, int i) {
                if (i % 10 == 5) loop.wait(50'000);
              }).findings,
              IsEmpty());
}

} // namespace
} // namespace hotloop
