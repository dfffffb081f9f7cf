#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>

#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/store/sqlite_handle.h"

// How a cell of a column type is kept in SQLite. Integers, ids, times, flags and enums are INTEGER
// (unsigned 64-bit values keep their bits, so from 2^63 on they look negative); double is REAL, and
// a value that is not a number is NULL.
namespace hotloop::codec {

template <class T> inline constexpr bool kIsId = false;
template <class Tag> inline constexpr bool kIsId<Id<Tag>> = true;

template <class T> constexpr std::string_view sqlType() {
  return std::is_floating_point_v<T> ? "REAL" : "INTEGER";
}

template <class T> constexpr std::int64_t toInteger(T value) {
  if constexpr (kIsId<T>)
    return value.value;
  else if constexpr (std::is_same_v<T, Nanoseconds>)
    return value.count;
  else
    return static_cast<std::int64_t>(value);
}

template <class T> int bind(sqlite3_stmt *statement, int parameter, T value) {
  if constexpr (std::is_floating_point_v<T>)
    return sqlite3_bind_double(statement, parameter, value);
  else
    return sqlite3_bind_int64(statement, parameter, toInteger(value));
}

// False when the stored number does not fit T; `value` is then zero.
template <class T> bool fromInteger(std::int64_t stored, T &value) {
  if constexpr (std::is_same_v<T, Nanoseconds>) {
    value = Nanoseconds(stored);
    return true;
  } else if constexpr (kIsId<T>) {
    const bool fits = stored >= 0 && stored <= std::numeric_limits<std::uint32_t>::max();
    value = T(fits ? static_cast<std::uint32_t>(stored) : 0);
    return fits;
  } else if constexpr (std::is_enum_v<T>) {
    std::underlying_type_t<T> number{};
    const bool fits = fromInteger(stored, number);
    value = static_cast<T>(number);
    return fits;
  } else if constexpr (std::is_same_v<T, bool>) {
    value = stored != 0;
    return true;
  } else if constexpr (sizeof(T) == 8) {
    value = static_cast<T>(stored);
    return true;
  } else {
    const bool fits =
        stored >= std::numeric_limits<T>::min() && stored <= std::numeric_limits<T>::max();
    value = fits ? static_cast<T>(stored) : T{};
    return fits;
  }
}

// Of a cell as RecordScan gives it.
template <class T> bool fromRecord(bool isNull, std::int64_t stored, T &value) {
  if constexpr (std::is_floating_point_v<T>) {
    value = isNull ? std::numeric_limits<T>::quiet_NaN() : std::bit_cast<T>(stored);
    return true;
  } else {
    return fromInteger(stored, value);
  }
}

template <class T> bool read(sqlite3_stmt *statement, int column, T &value) {
  if constexpr (std::is_floating_point_v<T>) {
    value = sqlite3_column_type(statement, column) == SQLITE_NULL
                ? std::numeric_limits<T>::quiet_NaN()
                : sqlite3_column_double(statement, column);
    return true;
  } else {
    return fromInteger(sqlite3_column_int64(statement, column), value);
  }
}

} // namespace hotloop::codec
