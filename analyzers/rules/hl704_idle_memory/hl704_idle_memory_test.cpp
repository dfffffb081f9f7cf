#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

TEST(IdleMemory, SaysThatItCannotKnow) {
  ScriptedLoop loop;
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    loop.begin("aten::empty", "make");
    loop.free(loop.allocate(4096));
    loop.end();
    loop.endStep();
  }
  const Analysis analysis = analyzeOnly("HL704", loop);
  EXPECT_THAT(analysis.findings, IsEmpty());
  EXPECT_THAT(analysis.notChecked,
              testing::Contains(testing::Field(&NotChecked::reason, testing::HasSubstr("reads"))));
}

} // namespace
} // namespace hotloop
