#include "core/report/number_format.h"

#include <limits>

#include <gtest/gtest.h>

namespace hotloop {
namespace {

TEST(NumberFormat, Counts) {
  EXPECT_EQ(formatCount(0), "0");
  EXPECT_EQ(formatCount(3), "3");
  EXPECT_EQ(formatCount(2.5), "2.5");
  EXPECT_EQ(formatCount(1478), "1478");
  EXPECT_EQ(formatCount(1.0 / 3), "0.33");
  EXPECT_EQ(formatCount(-0.001), "0");
  EXPECT_EQ(formatCount(std::numeric_limits<double>::quiet_NaN()), "?");
}

TEST(NumberFormat, Times) {
  EXPECT_EQ(formatMilliseconds(12.4), "12.40 ms");
  EXPECT_EQ(formatMilliseconds(0.0312), "0.031 ms");
  EXPECT_EQ(formatMilliseconds(1234.56), "1234.6 ms");
  EXPECT_EQ(formatMilliseconds(12.4, TimeUnit::kMicroseconds), "12400 us");
  EXPECT_EQ(formatMilliseconds(0.0312, TimeUnit::kMicroseconds), "31 us");
  EXPECT_EQ(formatMilliseconds(0.0312, TimeUnit::kNanoseconds), "31200 ns");
  EXPECT_EQ(formatMilliseconds(12.4, TimeUnit::kSeconds), "0.01240 s");
  EXPECT_EQ(formatFine(-1.2345, TimeUnit::kMilliseconds, true), "-1.234");
  EXPECT_EQ(formatFine(1.2345, TimeUnit::kMicroseconds, true), "+1234");
  for (const char *name : {"ns", "us", "ms", "s"})
    EXPECT_EQ(timeUnitName(timeUnitNamed(name)), name);
  EXPECT_EQ(timeUnitNamed(""), TimeUnit::kMilliseconds);
  EXPECT_EQ(formatDuration(Nanoseconds(850)), "850 ns");
  EXPECT_EQ(formatDuration(Nanoseconds(12'400)), "12.4 us");
  EXPECT_EQ(formatDuration(Nanoseconds(3'200'000)), "3.20 ms");
  EXPECT_EQ(formatDuration(Nanoseconds(41'800'000'000)), "41.8 s");
  EXPECT_EQ(formatDuration(Nanoseconds(200'000'000'000)), "3 min 20 s");
}

TEST(NumberFormat, BytesAndChanges) {
  EXPECT_EQ(formatBytes(512), "512 B");
  EXPECT_EQ(formatBytes(4'194'304), "4.19 MB");
  EXPECT_EQ(formatBytes(0), "0 B");
  EXPECT_EQ(formatSigned(24), "+24");
  EXPECT_EQ(formatSigned(-2.5), "-2.5");
  EXPECT_EQ(formatSigned(0), "0");
  EXPECT_EQ(formatChange(40, 42.2), "+5.5 %");
  EXPECT_EQ(formatChange(0, 1), "new");
}

} // namespace
} // namespace hotloop
