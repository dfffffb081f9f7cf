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
  return analyzeOnly("HL504", loop);
}

TEST(MisalignedProduct, NamesKernelsOfSmallAlignment) {
  EXPECT_THAT(kernels({{"cutlass_80_wmma_tensorop_bf16_s161616gemm_bf16_16x16_tn_align2", 40'000}})
                  .findings,
              SizeIs(1));
  EXPECT_THAT(
      kernels({{"cutlass_80_tensorop_bf16_s16816gemm_bf16_128x64_tn_align8", 40'000}}).findings,
      IsEmpty());
  EXPECT_THAT(kernels({{"cutlass_80_simt_sgemm_256x128_8x4_nn_align1", 40'000}}).findings,
              IsEmpty());
}

} // namespace
} // namespace hotloop
