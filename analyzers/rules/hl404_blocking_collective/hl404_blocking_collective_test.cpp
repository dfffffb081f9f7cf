#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis reducing(std::int64_t duration, std::uint32_t stream) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    loop.kernel("gemm", 400'000);
    loop.kernel("ncclDevKernel_AllReduce_Sum_f32_RING_LL", duration,
                {.function = "reduce", .stream = stream});
    loop.synchronize();
    loop.endStep();
  }
  return analyzeOnly("HL404", loop);
}

TEST(BlockingCollective, NamesOneBesideNoComputation) {
  EXPECT_THAT(reducing(100'000, 1).findings, SizeIs(1));
  EXPECT_THAT(reducing(100'000, 2).findings, IsEmpty());
  EXPECT_THAT(reducing(5'000, 1).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
