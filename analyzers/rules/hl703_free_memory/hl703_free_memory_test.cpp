#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::IsEmpty;
using testing::SizeIs;

Analysis running(std::int64_t bytes, std::int64_t pause) {
  ScriptedLoop loop;
  loop.addDevice(132, 1'000'000'000);
  for (int i = 0; i < 12; ++i) {
    loop.beginStep();
    for (int k = 0; k < 20; ++k) {
      loop.wait(pause);
      loop.kernel("k", 5'000);
    }
    loop.endStep();
  }
  loop.builder().add(AllocationEvent{.start = Nanoseconds(2'000'000),
                                     .lane = ThreadId(1),
                                     .action = AllocationAction::kAllocate,
                                     .allocator = Allocator::kTorchCuda,
                                     .address = 4096,
                                     .bytes = bytes,
                                     .totalAllocated = bytes,
                                     .totalReserved = -1});
  return analyzeOnly("HL703", loop);
}

TEST(FreeMemory, NamesASmallBatch) {
  EXPECT_THAT(running(100'000'000, 10'000).findings, SizeIs(1));
  EXPECT_THAT(running(900'000'000, 10'000).findings, IsEmpty());
  EXPECT_THAT(running(100'000'000, 0).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
