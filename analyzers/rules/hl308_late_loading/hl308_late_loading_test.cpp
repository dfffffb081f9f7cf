#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

template <class Load> Analysis loading(Load &&load) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 30; ++i) {
    loop.beginStep();
    for (int k = 0; k < 10; ++k) loop.kernel("gemm", 20'000);
    load(loop, i);
    loop.endStep();
  }
  return analyzeOnly("HL308", loop);
}

TEST(LateLoading, NamesSlowFirstLaunches) {
  const Analysis analysis = loading([](ScriptedLoop &loop, int i) {
    if (i % 6 == 5)
      loop.kernel("new_" + std::to_string(i), 9'000, {.function = "branch", .host = 3'000'000});
  });
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_THAT(analysis.findings[0].title, HasSubstr("in 5 of"));
  EXPECT_EQ(analysis.findings[0].site.function, "branch");
}

TEST(LateLoading, NamesModules) {
  const Analysis analysis = loading([](ScriptedLoop &loop, int i) {
    if (i > 10) loop.call("cuModuleLoadData", "compile", 2'000'000);
  });
  EXPECT_THAT(analysis.findings, SizeIs(1));
}

TEST(LateLoading, LeavesWarmUpAndRepeatedSlowLaunchesAlone) {
  EXPECT_THAT(loading([](ScriptedLoop &loop, int i) {
                if (i < 2) loop.call("cuModuleLoadData", "compile", 2'000'000);
                loop.kernel("known", 5'000, {.host = i % 7 == 6 ? 900'000 : 3'000});
              }).findings,
              IsEmpty());
}

} // namespace
} // namespace hotloop
