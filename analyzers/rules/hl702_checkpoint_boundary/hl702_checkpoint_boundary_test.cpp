#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis regions(std::int64_t second) {
  ScriptedLoop loop;
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    loop.op("aten::mm", "train", 200'000);
    loop.begin("CheckpointFunctionBackward", "", OpScope::kBackwardFunction, 10 * i);
    for (const auto &[place, took] :
         {std::pair("cheap", std::int64_t(20'000)), std::pair("dear", second)}) {
      loop.begin("aten::linear", place, OpScope::kFunction, 10 * i + 1);
      const std::uint64_t block = loop.allocate(1 << 20);
      loop.end(took);
      loop.free(block);
    }
    loop.end();
    loop.endStep();
  }
  return analyzeOnly("HL702", loop);
}

TEST(CheckpointBoundary, NamesTheDearRegion) {
  const Analysis analysis = regions(200'000);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].site.function, "dear");
  EXPECT_THAT(regions(25'000).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
