#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis copying(std::int64_t duration, std::uint32_t stream) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    if (stream != 1) loop.kernel("gemm", 300'000);
    loop.copy(1 << 20, "load", {.source = 2, .duration = duration, .stream = stream});
    if (stream == 1) loop.kernel("gemm", 300'000);
    loop.synchronize();
    loop.endStep();
  }
  return analyzeOnly("HL402", loop);
}

TEST(ExposedCopy, NamesACopyBesideNoKernel) {
  EXPECT_THAT(copying(60'000, 1).findings, SizeIs(1));
  EXPECT_THAT(copying(2'000, 1).findings, IsEmpty());
  EXPECT_THAT(copying(60'000, 2).findings, IsEmpty()); // beside the kernel
}

} // namespace
} // namespace hotloop
