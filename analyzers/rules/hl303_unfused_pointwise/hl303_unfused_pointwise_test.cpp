#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

template <class Body> Analysis steps(Body &&body) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    loop.kernel("sm90_gemm_bf16", 90'000);
    body(loop);
    loop.kernel("sm90_gemm_bf16", 90'000);
    loop.endStep();
  }
  return analyzeOnly("HL303", loop);
}

TEST(UnfusedPointwise, NamesAChain) {
  const Analysis analysis = steps([](ScriptedLoop &loop) {
    for (int k = 0; k < 4; ++k)
      loop.kernel("vectorized_elementwise_kernel<4, Mul>", 6'000, {.function = "gate"});
  });
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].perStep, 4);
  EXPECT_EQ(analysis.findings[0].site.function, "gate");
}

TEST(UnfusedPointwise, LeavesPairsOtherSizesAndOtherKernelsAlone) {
  EXPECT_THAT(steps([](ScriptedLoop &loop) {
                loop.kernel("vectorized_elementwise_kernel<4, Mul>", 6'000);
                loop.kernel("vectorized_elementwise_kernel<4, Add>", 6'000);
              }).findings,
              IsEmpty());
  EXPECT_THAT(steps([](ScriptedLoop &loop) {
                for (std::uint32_t k = 0; k < 4; ++k)
                  loop.kernel("elementwise_kernel", 6'000, {.grid = 8u << (2 * k)});
              }).findings,
              IsEmpty());
  EXPECT_THAT(steps([](ScriptedLoop &loop) {
                for (int k = 0; k < 4; ++k) loop.kernel("triton_poi_fused_mul", 6'000);
              }).findings,
              IsEmpty());
}

} // namespace
} // namespace hotloop
