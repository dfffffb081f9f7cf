#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis threads(std::int64_t contended) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    for (int k = 0; k < 6; ++k) {
      loop.kernel("k", 2'000);
      const std::int64_t now = loop.now();
      loop.onThread(2);
      loop.call("cudaMemcpyAsync", "other", 50'000);
      loop.onThread(1);
      loop.setNow(now + 100);
      loop.kernel("k", 2'000, {.function = "train", .host = contended});
      loop.setNow(now + 60'000);
    }
    loop.endStep();
  }
  return analyzeOnly("HL311", loop);
}

TEST(LockContention, NamesLaunchesThatWait) {
  const Analysis analysis = threads(40'000);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].site.function, "train");
  EXPECT_THAT(threads(3'000).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
