#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis kernels(std::initializer_list<std::pair<const char *, std::int64_t>> each,
                 ScriptedLoop::Launch launch = {}) {
  ScriptedLoop loop;
  loop.addDevice(100);
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    for (const auto &[name, duration] : each) loop.kernel(name, duration, launch);
    loop.synchronize();
    loop.endStep();
  }
  return analyzeOnly("HL501", loop);
}

TEST(Fp32Products, AreOneFinding) {
  const Analysis analysis =
      kernels({{"cutlass_80_simt_sgemm_256x128_8x4_nn_align1", 40'000},
               {"sm80_xmma_gemm_f32f32_f32f32_f32_tn_n_ffma_aligna4", 30'000}});
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].perStep, 2);
}

TEST(Fp32Products, LeavesTensorCoresAndSmallSharesAlone) {
  EXPECT_THAT(kernels({{"cutlass_80_tensorop_s1688gemm_128x128", 40'000},
                       {"nvjet_sm90_tst_8x256_64x6", 40'000},
                       {"ampere_bf16_s16816gemm_bf16_128x64", 40'000}})
                  .findings,
              IsEmpty());
  const Analysis small = kernels({{"sgemm_32x32", 1'000}, {"reduce_kernel", 90'000}});
  EXPECT_THAT(small.findings, IsEmpty());
  EXPECT_THAT(small.notWorth, SizeIs(1));
}

} // namespace
} // namespace hotloop
