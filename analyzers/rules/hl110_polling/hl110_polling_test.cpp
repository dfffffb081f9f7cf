#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis queries(int count) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    loop.kernel("gemm", 50'000);
    for (int k = 0; k < count; ++k) loop.call("cudaEventQuery", "wait", 400);
    loop.endStep();
  }
  return analyzeOnly("HL110", loop);
}

TEST(Polling, NamesHundredsOfQueries) {
  const Analysis analysis = queries(150);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].perStep, 150);
}

TEST(Polling, LeavesTheFewOfAnAllocatorAlone) { EXPECT_THAT(queries(6).findings, IsEmpty()); }

} // namespace
} // namespace hotloop
