#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis creating(std::string_view call, int steps) {
  ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    if (i < steps) loop.call(call, "fork", 20'000);
    loop.kernel("gemm", 50'000);
    loop.endStep();
  }
  return analyzeOnly("HL206", loop);
}

TEST(HandleCreation, NamesStreamsEventsAndHandles) {
  for (const char *call : {"cudaStreamCreateWithPriority", "cudaEventCreateWithFlags",
                           "cuEventCreate", "cublasCreate_v2", "cudnnCreate"})
    EXPECT_THAT(creating(call, 12).findings, SizeIs(1)) << call;
}

TEST(HandleCreation, LeavesWarmUpAlone) {
  EXPECT_THAT(creating("cudaStreamCreate", 2).findings, IsEmpty());
  EXPECT_THAT(creating("cudnnCreateTensorDescriptor", 12).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
