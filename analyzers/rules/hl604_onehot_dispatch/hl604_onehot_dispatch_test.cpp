#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis dispatch(const char *first) {
  ScriptedLoop loop;
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    loop.op("aten::linear", "gate", 30'000);
    loop.op(first, "dispatch", 4'000);
    loop.op("aten::to", "dispatch", 2'000);
    loop.op("aten::einsum", "dispatch", 60'000);
    loop.op("aten::bmm", "experts", 90'000);
    loop.op("aten::einsum", "dispatch", 60'000);
    loop.endStep();
  }
  return analyzeOnly("HL604", loop);
}

TEST(OnehotDispatch, NamesTheProductsOfDispatchAndCombination) {
  const Analysis analysis = dispatch("aten::one_hot");
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_NEAR(static_cast<double>(analysis.findings[0].hostTime.count), 120'000, 100);
  EXPECT_THAT(dispatch("aten::argsort").findings, IsEmpty());
}

} // namespace
} // namespace hotloop
