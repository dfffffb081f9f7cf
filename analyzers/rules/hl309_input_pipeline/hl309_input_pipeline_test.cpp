#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis loading(std::int64_t load, std::int64_t compute, bool device, const char *name) {
  ScriptedLoop loop;
  if (device) loop.addDevice();
  for (int i = 0; i < 12; ++i) {
    loop.begin(name, "train", OpScope::kUserScope); // before the step's mark
    loop.end(load);
    loop.beginStep();
    if (device)
      loop.kernel("gemm", compute);
    else
      loop.op("aten::mm", "train", compute);
    loop.endStep();
  }
  return analyzeOnly("HL309", loop);
}

constexpr const char *kNext = "enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__";

TEST(InputPipeline, NamesALoaderThatTheStepWaitsFor) {
  const Analysis analysis = loading(400'000, 600'000, false, kNext);
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].perStep, 1);
  EXPECT_NEAR(static_cast<double>(analysis.findings[0].hostTime.count), 400'000, 100);
  EXPECT_THAT(loading(400'000, 600'000, false, "data_loading").findings, SizeIs(1));
}

TEST(InputPipeline, LeavesAQuickOrHiddenOneAlone) {
  EXPECT_THAT(loading(10'000, 600'000, false, kNext).findings, IsEmpty());
  EXPECT_THAT(loading(400'000, 600'000, true, kNext).findings, IsEmpty()); // the device is busy
  EXPECT_THAT(loading(400'000, 600'000, false, "preprocess").findings, IsEmpty());
}

TEST(InputPipeline, NamesSilenceOfTheHostWhileTheDeviceWaits) {
  for (const bool early : {true, false}) {
    ScriptedLoop loop;
    loop.addDevice();
    for (int i = 0; i < 12; ++i) {
      loop.beginStep();
      if (early) loop.kernel("gemm", 3'000'000); // hides it
      loop.wait(2'000'000);
      loop.begin("aten::mm", "train");
      loop.kernel("gemm", 500'000);
      loop.end();
      loop.endStep();
    }
    const Analysis analysis = analyzeOnly("HL309", loop);
    ASSERT_THAT(analysis.findings, SizeIs(early ? 0 : 1));
    if (!early) {
      EXPECT_EQ(analysis.findings[0].variant, "unrecorded");
    }
  }
}

} // namespace
} // namespace hotloop
