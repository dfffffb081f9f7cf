#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis graphs(int nodes, std::int64_t launch) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    const std::uint32_t correlation = loop.call("cudaGraphLaunch", "replay", launch);
    for (int k = 0; k < nodes; ++k) loop.addKernel("k", 3'000, {}, correlation, 1);
    for (int k = 0; k < 20; ++k) loop.kernel("other");
    loop.endStep();
  }
  return analyzeOnly("HL307", loop);
}

TEST(GraphWithoutGain, NamesAFewNodes) {
  EXPECT_THAT(graphs(2, 12'000).findings, SizeIs(1));
  EXPECT_THAT(graphs(40, 12'000).findings, IsEmpty());
  EXPECT_THAT(graphs(0, 12'000).findings, IsEmpty()); // nodes were not recorded
}

} // namespace
} // namespace hotloop
