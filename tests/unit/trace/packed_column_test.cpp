// PackedColumn against a plain vector: what is put in comes out, in the bytes that its range takes.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/trace/packed_column.h"

namespace hotloop {
namespace {

constexpr std::size_t kRows = 3 * PackedColumn<int>::kBlockRows + 17; // packed and open ones

template <class T> PackedColumn<T> packed(const std::vector<T> &cells) {
  PackedColumn<T> column;
  for (const T cell : cells) column.push_back(cell);
  return column;
}

template <class T> void expectSame(const PackedColumn<T> &column, const std::vector<T> &cells) {
  ASSERT_EQ(column.size(), cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) ASSERT_EQ(column[i], cells[i]) << "row " << i;
  EXPECT_TRUE(std::equal(column.begin(), column.end(), cells.begin(), cells.end()));
}

template <class T> std::vector<T> anyNumbers(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<T> cells;
  // Ever fewer bits, so that blocks of every width occur.
  for (std::size_t i = 0; i < kRows; ++i)
    cells.push_back(static_cast<T>(random() >> (i * 64 / kRows)));
  std::ranges::reverse(cells);
  return cells;
}

double bytesPerRow(const auto &column) {
  return static_cast<double>(column.heapBytes()) / static_cast<double>(column.size());
}

TEST(PackedColumn, GivesBackNumbersOfEveryWidth) {
  expectSame(packed(anyNumbers<std::int64_t>(1)), anyNumbers<std::int64_t>(1));
  expectSame(packed(anyNumbers<std::uint64_t>(2)), anyNumbers<std::uint64_t>(2));
  expectSame(packed(anyNumbers<std::int32_t>(3)), anyNumbers<std::int32_t>(3));
  expectSame(packed(anyNumbers<std::uint16_t>(4)), anyNumbers<std::uint16_t>(4));
  expectSame(packed(anyNumbers<std::uint8_t>(5)), anyNumbers<std::uint8_t>(5));
}

TEST(PackedColumn, GivesBackTheEndsOfTheNumbers) {
  std::vector<std::int64_t> cells;
  for (std::size_t i = 0; i < kRows; ++i)
    cells.push_back(i % 3 == 0   ? std::numeric_limits<std::int64_t>::min()
                    : i % 3 == 1 ? std::numeric_limits<std::int64_t>::max()
                                 : -1);
  expectSame(packed(cells), cells);
}

TEST(PackedColumn, KeepsRealsFlagsTimesAndIds) {
  std::vector<double> reals;
  std::vector<bool> flags;
  std::vector<Nanoseconds> times;
  std::vector<FrameId> ids;
  for (std::size_t i = 0; i < kRows; ++i) {
    reals.push_back(-1.5 + 0.1 * static_cast<double>(i));
    flags.push_back(i % 5 == 0);
    times.push_back(Nanoseconds(-7'000 + 13 * static_cast<std::int64_t>(i)));
    ids.push_back(FrameId(static_cast<std::uint32_t>(i % 700)));
  }
  expectSame(packed(reals), reals);
  expectSame(packed(flags), flags);
  expectSame(packed(times), times);
  expectSame(packed(ids), ids);
}

TEST(PackedColumn, TakesTheBytesThatTheRangeTakes) {
  std::vector<std::uint64_t> same(64 * 1024, 0xFFFF'FFFF'FFFF), clock;
  for (std::uint64_t i = 0; i < same.size(); ++i) clock.push_back(1ull << 60 | 9'000 * i);
  EXPECT_LT(bytesPerRow(packed(same)), 0.2);
  EXPECT_LT(bytesPerRow(packed(clock)), 3.2); // a block spans 9 ms
}

TEST(PackedColumn, ChangesCells) {
  std::vector<std::int64_t> cells = anyNumbers<std::int64_t>(6);
  PackedColumn<std::int64_t> column = packed(cells);
  const PackedColumn<std::int64_t> before = column;
  EXPECT_EQ(column, before);
  for (const std::size_t row : {std::size_t{0}, std::size_t{2047}, cells.size() - 1}) {
    column.set(row, -12'345);
    cells[row] = -12'345;
  }
  expectSame(column, cells);
  EXPECT_FALSE(column == before);

  std::size_t seen = 0;
  column.change([&](std::int64_t &cell, std::size_t row) {
    EXPECT_EQ(row, seen++);
    if (row % 1000 == 1) cell = static_cast<std::int64_t>(row);
  });
  for (std::size_t row = 1; row < cells.size(); row += 1000)
    cells[row] = static_cast<std::int64_t>(row);
  EXPECT_EQ(seen, cells.size());
  expectSame(column, cells);
}

TEST(PackedColumn, ServesTheAlgorithmsOfTheLibrary) {
  std::vector<std::uint32_t> cells;
  for (std::uint32_t i = 0; i < kRows; ++i) cells.push_back(i / 7);
  const PackedColumn<std::uint32_t> column = packed(cells);
  static_assert(std::random_access_iterator<PackedColumn<std::uint32_t>::Iterator>);
  EXPECT_EQ(std::lower_bound(column.begin(), column.end(), 300u) - column.begin(), 2100);
  EXPECT_EQ(std::ranges::upper_bound(column, 300u) - column.begin(), 2107);
  EXPECT_EQ(*std::ranges::max_element(column), cells.back());
  EXPECT_EQ(column.front(), 0u);
  EXPECT_EQ(column.back(), cells.back());
  EXPECT_TRUE(PackedColumn<std::uint32_t>().empty());
}

} // namespace
} // namespace hotloop
