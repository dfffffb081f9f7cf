#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

template <class Use> Analysis taking(std::int64_t bytes, Use &&use) {
  ScriptedLoop loop;
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    loop.op("aten::mm", "forward", 100'000);
    loop.begin("aten::empty", "make");
    const std::uint64_t block = loop.allocate(bytes);
    loop.end();
    use(loop);
    loop.free(block);
    loop.op("aten::add", "forward", 10'000);
    loop.endStep();
  }
  return analyzeOnly("HL704", loop);
}

TEST(IdleMemory, NamesABlockThatNothingCanHaveRead) {
  const Analysis analysis = taking(4 << 20, [](ScriptedLoop &) {});
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].variant, "unused");
  EXPECT_EQ(analysis.findings[0].site.function, "make");
  EXPECT_EQ(analysis.findings[0].bytesPerStep, 4 << 20);
}

TEST(IdleMemory, LeavesUsedAndSmallOnesAlone) {
  EXPECT_THAT(taking(4 << 20, [](ScriptedLoop &loop) { loop.op("aten::copy_", "fill"); }).findings,
              IsEmpty());
  const Analysis small = taking(4096, [](ScriptedLoop &) {});
  EXPECT_THAT(small.findings, IsEmpty());
  EXPECT_THAT(small.notWorth, SizeIs(1));
}

TEST(IdleMemory, CountsAnotherThreadAsAUser) {
  EXPECT_THAT(taking(4 << 20,
                     [](ScriptedLoop &loop) {
                       loop.onThread(2);
                       loop.op("aten::mul", "worker");
                       loop.onThread(1);
                     })
                  .findings,
              IsEmpty());
}

} // namespace
} // namespace hotloop
