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
  return analyzeOnly("HL507", loop);
}

TEST(WaveTail, NamesALittleMoreThanAWholeWave) {
  // 100 multiprocessors with one block each: 65536 registers for 256 threads of 200.
  const ScriptedLoop::Launch tail{.grid = 110, .block = 256, .registers = 200};
  EXPECT_THAT(kernels({{"sm90_gemm_bf16", 40'000}}, tail).findings, SizeIs(1));
  const ScriptedLoop::Launch full{.grid = 200, .block = 256, .registers = 200};
  EXPECT_THAT(kernels({{"sm90_gemm_bf16", 40'000}}, full).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
