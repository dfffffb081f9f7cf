#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/routing/sort_rows.h"

namespace hotloop::kernels {
namespace {

struct Sorted {
  std::vector<std::int32_t> ends;
  std::vector<std::int64_t> rowOfSlot, slotOfRow, tokenOfRow;
};

Sorted sorted(const std::vector<std::int64_t> &ids, std::int64_t topK, std::int64_t experts) {
  Sorted s{std::vector<std::int32_t>(static_cast<std::size_t>(experts), -1),
           std::vector<std::int64_t>(ids.size()), std::vector<std::int64_t>(ids.size()),
           std::vector<std::int64_t>(ids.size())};
  sortRows({static_cast<std::int64_t>(ids.size()), topK, experts, ids.data(), s.ends.data(),
            s.rowOfSlot.data(), s.slotOfRow.data(), s.tokenOfRow.data()});
  return s;
}

using testing::ElementsAre;

TEST(SortRows, OrdersByExpertThenTokenThenSlot) {
  const Sorted s = sorted({2, 0, 0, 2, 2, 1}, 2, 4);
  EXPECT_THAT(s.ends, ElementsAre(2, 3, 6, 6));
  EXPECT_THAT(s.slotOfRow, ElementsAre(1, 2, 5, 0, 3, 4));
  EXPECT_THAT(s.tokenOfRow, ElementsAre(0, 1, 2, 0, 1, 2));
  EXPECT_THAT(s.rowOfSlot, ElementsAre(3, 0, 1, 4, 5, 2));
}

TEST(SortRows, OneExpertTakesAll) {
  const Sorted s = sorted({3, 3, 3}, 1, 5);
  EXPECT_THAT(s.ends, ElementsAre(0, 0, 0, 3, 3));
  EXPECT_THAT(s.slotOfRow, ElementsAre(0, 1, 2));
}

TEST(SortRows, NoRows) { EXPECT_THAT(sorted({}, 2, 3).ends, ElementsAre(0, 0, 0)); }

} // namespace
} // namespace hotloop::kernels
