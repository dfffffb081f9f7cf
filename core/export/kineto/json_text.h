#pragma once

#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace hotloop {

// Pieces of JSON, appended to a buffer.
class JsonText {
public:
  std::string take() { return std::move(text_); }
  std::string &text() { return text_; }
  void clear() { text_.clear(); }

  JsonText &raw(std::string_view text) {
    text_.append(text);
    return *this;
  }
  JsonText &number(std::int64_t value) {
    const fmt::format_int digits(value);
    text_.append(digits.data(), digits.size());
    return *this;
  }
  JsonText &number(std::uint64_t value) {
    const fmt::format_int digits(value);
    text_.append(digits.data(), digits.size());
    return *this;
  }
  // With quotes and escapes; bytes that are no UTF-8 become U+FFFD.
  JsonText &string(std::string_view text);
  // ns as microseconds with three decimals.
  JsonText &microseconds(std::int64_t ns);

private:
  std::string text_;
};

} // namespace hotloop
