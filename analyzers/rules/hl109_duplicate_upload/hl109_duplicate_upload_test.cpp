#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

TEST(DuplicateUpload, SaysThatItCannotKnow) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    loop.copy(1 << 20, "load", {.source = 2});
    loop.endStep();
  }
  const Analysis analysis = analyzeOnly("HL109", loop);
  EXPECT_THAT(analysis.findings, IsEmpty());
  EXPECT_THAT(analysis.notChecked, testing::Contains(testing::Field(
                                       &NotChecked::reason, testing::HasSubstr("addresses"))));
}

} // namespace
} // namespace hotloop
