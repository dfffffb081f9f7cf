#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/time.h"

// Numbers as every report prints them. A decimal point, no thousands separators, so that output can
// be searched and cut with the usual tools.
namespace hotloop {

// 3, 2.5, 1478: at most two decimals, none when whole.
std::string formatCount(double count);
// The unit in which times are shown; JSON and CSV name theirs in the key.
enum class TimeUnit : std::uint8_t { kMilliseconds, kNanoseconds, kMicroseconds, kSeconds };
// "ms", "ns", "us", "s".
std::string_view timeUnitName(TimeUnit unit);
// The way back; milliseconds for any other name.
TimeUnit timeUnitNamed(std::string_view name);
double inUnit(double milliseconds, TimeUnit unit);
// 12.40 ms; three significant digits and more below 1: 0.031 ms. Other units as fine: 12400 us,
// 31 us, 31000 ns, 0.01240 s.
std::string formatMilliseconds(double milliseconds, TimeUnit unit = TimeUnit::kMilliseconds);
// To the microsecond (ns: to the nanosecond), without the unit: 0.031, -12.400.
std::string formatFine(double milliseconds, TimeUnit unit, bool sign);
// In the unit that fits: 850 ns, 12.4 us, 3.20 ms, 41.8 s, 3 min 20 s.
std::string formatDuration(Nanoseconds duration);
// 512 B, 4.19 MB (10^6 bytes).
std::string formatBytes(double bytes);
// With its sign: +24, -3, +2.5.
std::string formatSigned(double difference);
// +5.5 %; "new" from zero.
std::string formatChange(double before, double after);

} // namespace hotloop
