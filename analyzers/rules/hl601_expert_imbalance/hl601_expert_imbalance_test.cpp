#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis routing(std::initializer_list<std::int64_t> tokens,
                 const char *name = "tokens per expert") {
  ScriptedLoop loop;
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    loop.op("aten::mm", "train", 100'000);
    loop.endStep();
    if (i % 4 == 3)
      for (const std::int64_t count : tokens) loop.markValue(name, count);
  }
  return analyzeOnly("HL601", loop);
}

TEST(ExpertImbalance, NamesABusyExpert) {
  const Analysis analysis = routing({900, 20, 20, 20, 20, 20, 20, 20});
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].title, "The busiest expert gets 6.9 times the mean");
}

TEST(ExpertImbalance, LeavesEvenRoutingAlone) {
  const Analysis even = routing({130, 120, 128, 131, 127, 128, 130, 126});
  EXPECT_THAT(even.findings, IsEmpty());
  EXPECT_THAT(even.notWorth, SizeIs(1));
  EXPECT_THAT(routing({900, 20}, "something else").notChecked, testing::Not(IsEmpty()));
}

} // namespace
} // namespace hotloop
