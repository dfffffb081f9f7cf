#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis padding(std::int64_t padded) {
  ScriptedLoop loop;
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    loop.op("aten::mm", "train", 100'000);
    for (int e = 0; e < 4; ++e) loop.markValue("tokens per expert", 100);
    for (int e = 0; e < 4; ++e) loop.markValue("padded tokens per expert", padded);
    loop.endStep();
  }
  return analyzeOnly("HL602", loop);
}

TEST(CapacityPadding, NamesMoreThanAQuarter) {
  const Analysis analysis = padding(200);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].title, "Experts compute 2.00 times the rows that tokens fill");
  EXPECT_THAT(padding(110).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
