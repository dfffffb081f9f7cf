#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

void take(ScriptedLoop &loop) {
  loop.begin("aten::empty", "forward");
  loop.call("cudaMalloc", "forward", 100'000);
  loop.end();
}

template <class Body> TraceView steps(Body &&body) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    body(loop, i);
    loop.endStep();
  }
  return loop.build();
}

TEST(CacheFlush, NamesFreesInARowAndTheBlocksTakenAgain) {
  const Analysis analysis = analyzeOnly("HL202", steps([](ScriptedLoop &loop, int) {
                                          for (int i = 0; i < 3; ++i) {
                                            take(loop);
                                            loop.kernel("gemm");
                                          }
                                          for (int i = 0; i < 3; ++i)
                                            loop.call("cudaFree", "train", 60'000);
                                        }));
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].perStep, 1);
  EXPECT_EQ(analysis.findings[0].site.function, "train");
  EXPECT_NEAR(static_cast<double>(analysis.findings[0].hostTime.count), 480'000, 1'000);
}

TEST(CacheFlush, LeavesAProgramWithoutACacheToAnotherRule) {
  const TraceView trace = steps([](ScriptedLoop &loop, int) {
    for (int i = 0; i < 8; ++i) {
      take(loop);
      loop.kernel("gemm");
      loop.call("cudaFree", "train", 60'000);
    }
  });
  EXPECT_THAT(analyzeOnly("HL202", trace).findings, IsEmpty());
  const Analysis other = analyzeOnly("HL201", trace);
  ASSERT_THAT(other.findings, testing::Not(IsEmpty()));
  EXPECT_EQ(other.findings[0].variant, "raw");
}

TEST(CacheFlush, LeavesWarmUpAlone) {
  EXPECT_THAT(analyzeOnly("HL202", steps([](ScriptedLoop &loop, int i) {
                            loop.kernel("gemm");
                            if (i > 1) return;
                            take(loop);
                            loop.call("cudaFree", "train", 60'000);
                          }))
                  .findings,
              IsEmpty());
}

} // namespace
} // namespace hotloop
