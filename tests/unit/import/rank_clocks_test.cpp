#include "collectors/import/rank_clocks.h"

#include <fmt/format.h>

#include "tests/unit/import/import_files.h"

namespace hotloop {
namespace {

class RankClocks : public ImportFiles {
protected:
  // Collectives end together, 1 ms apart; `offset` is what this rank's clock is ahead, in us.
  std::string rank(int number, std::int64_t base, double offset, int collectives,
                   const char *kind = "AllReduce") {
    std::string text = fmt::format(
        R"({{"schemaVersion": 1, "distributedInfo": {{"rank": {}}}, "baseTimeNanoseconds": {}, "traceEvents": [)",
        number, base);
    for (int i = 0; i < collectives; ++i)
      text += fmt::format(
          R"({}{{"ph": "X", "cat": "kernel", "name": "ncclDevKernel_{}_Sum_f32", "pid": {}, "tid": 9, "ts": {:.3f}, "dur": {}, "args": {{"device": {}, "stream": 9, "correlation": {}}}}})",
          i == 0 ? "" : ",", kind, number, 5000 + i * 1000 + offset - 10 * number,
          100 + 10 * number, number, i + 1);
    return write(fmt::format("rank{}.json", number), text + "]}");
  }
};

TEST_F(RankClocks, AlignsByTheEndsOfCollectives) {
  const auto clocks = alignRanks({rank(0, 1'000'000'000, 0, 5), rank(1, 1'000'000'000, 250, 5),
                                  rank(2, 1'000'900'000, -40, 5)});
  ASSERT_TRUE(clocks) << clocks.error().message;
  EXPECT_TRUE((*clocks)[0].aligned && (*clocks)[1].aligned && (*clocks)[2].aligned);
  EXPECT_EQ((*clocks)[0].shift.count, 0);
  EXPECT_EQ((*clocks)[1].shift.count, -250'000);
  EXPECT_EQ((*clocks)[2].shift.count, 40'000);
  EXPECT_EQ((*clocks)[1].collectives, 5);
}

TEST_F(RankClocks, KeepsTheWallClockWhereCollectivesDiffer) {
  const auto clocks = alignRanks({rank(0, 1'000'000'000, 0, 5), rank(1, 1'000'700'000, 250, 4),
                                  rank(2, 1'000'000'000, 0, 5, "AllGather")});
  ASSERT_TRUE(clocks) << clocks.error().message;
  EXPECT_FALSE((*clocks)[1].aligned);
  EXPECT_EQ((*clocks)[1].shift.count, 700'000);
  EXPECT_FALSE((*clocks)[2].aligned);
}

} // namespace
} // namespace hotloop
