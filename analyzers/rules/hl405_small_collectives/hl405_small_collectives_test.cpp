#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis reducing(int count, std::int64_t duration) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    loop.kernel("gemm", 400'000);
    for (int k = 0; k < count; ++k)
      loop.kernel("ncclDevKernel_AllReduce_Sum_f32_RING_LL", duration, {.function = "reduce"});
    loop.endStep();
  }
  return analyzeOnly("HL405", loop);
}

TEST(SmallCollectives, NamesAStorm) {
  EXPECT_THAT(reducing(20, 15'000).findings, SizeIs(1));
  EXPECT_THAT(reducing(3, 15'000).findings, IsEmpty());
  EXPECT_THAT(reducing(20, 300'000).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
