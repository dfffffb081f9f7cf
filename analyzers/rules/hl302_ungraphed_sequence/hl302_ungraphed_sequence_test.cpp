#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

template <class Body> Analysis steps(Body &&body) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    body(loop, i);
    loop.endStep();
  }
  return analyzeOnly("HL302", loop);
}

void layers(ScriptedLoop &loop, int count, std::int64_t duration, std::uint32_t grid = 64) {
  for (int k = 0; k < count; ++k) {
    loop.wait(8'000);
    loop.kernel("k" + std::to_string(k), duration, {.function = "forward", .grid = grid});
  }
}

TEST(UngraphedSequence, NamesTheSameLaunchesInEveryStep) {
  const Analysis analysis = steps([](ScriptedLoop &loop, int) { layers(loop, 20, 3'000); });
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].perStep, 20);
  EXPECT_EQ(analysis.findings[0].site.function, "forward");
  EXPECT_GT(analysis.findings[0].device->idle.count, 100'000);
}

TEST(UngraphedSequence, NamesWhatForbidsACapture) {
  const Analysis analysis = steps([](ScriptedLoop &loop, int) {
    layers(loop, 10, 3'000);
    loop.synchronize("train");
    layers(loop, 10, 3'000);
  });
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].perStep, 20);
  EXPECT_THAT(analysis.findings[0].mayNotPay, HasSubstr("gone first: 1 waits per step"));
}

TEST(UngraphedSequence, LeavesChangingShapesAlone) {
  EXPECT_THAT(steps([](ScriptedLoop &loop, int i) {
                layers(loop, 20, 3'000, 64 + static_cast<std::uint32_t>(i));
              }).findings,
              IsEmpty());
}

TEST(UngraphedSequence, LeavesABusyDeviceAndShortSequencesAlone) {
  const Analysis busy = steps([](ScriptedLoop &loop, int) { layers(loop, 20, 40'000); });
  EXPECT_THAT(busy.findings, IsEmpty());
  EXPECT_THAT(busy.notWorth, SizeIs(1));
  EXPECT_THAT(steps([](ScriptedLoop &loop, int) { layers(loop, 5, 3'000); }).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
