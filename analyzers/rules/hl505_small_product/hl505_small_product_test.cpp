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
  return analyzeOnly("HL505", loop);
}

TEST(SmallProduct, NamesAFewBlocks) {
  EXPECT_THAT(kernels({{"sm90_gemm_bf16", 40'000}}, {.grid = 8}).findings, SizeIs(1));
  EXPECT_THAT(kernels({{"sm90_gemm_bf16", 40'000}}, {.grid = 400}).findings, IsEmpty());
  EXPECT_THAT(kernels({{"reduce_kernel", 40'000}}, {.grid = 8}).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
