#include "core/export/kineto/json_text.h"

namespace hotloop {

namespace {

// Length of the UTF-8 sequence at the beginning of `text`; 0 when it is none.
std::size_t sequenceLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xc2 && lead < 0xe0 ? 2
                             : lead >= 0xe0 && lead < 0xf0 ? 3
                             : lead >= 0xf0 && lead < 0xf5 ? 4
                                                           : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  if (lead == 0xe0 && byte(1) < 0xa0) return 0;
  if (lead == 0xed && byte(1) >= 0xa0) return 0;
  if (lead == 0xf0 && byte(1) < 0x90) return 0;
  if (lead == 0xf4 && byte(1) >= 0x90) return 0;
  return length;
}

} // namespace

JsonText &JsonText::string(std::string_view text) {
  text_.push_back('"');
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '"' || c == '\\') {
      text_.push_back('\\');
      text_.push_back(c);
      ++i;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(text_), "\\u{:04x}", static_cast<unsigned char>(c));
      ++i;
    } else if (static_cast<unsigned char>(c) < 0x80) {
      text_.push_back(c);
      ++i;
    } else if (const std::size_t length = sequenceLength(text.substr(i)); length > 0) {
      text_.append(text.substr(i, length));
      i += length;
    } else {
      text_.append("\xef\xbf\xbd");
      ++i;
    }
  }
  text_.push_back('"');
  return *this;
}

JsonText &JsonText::microseconds(std::int64_t ns) {
  const bool negative = ns < 0;
  const std::uint64_t size =
      negative ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  if (negative) text_.push_back('-');
  const fmt::format_int whole(size / 1000);
  text_.append(whole.data(), whole.size());
  const auto rest = static_cast<unsigned>(size % 1000);
  const char decimals[4] = {'.', static_cast<char>('0' + rest / 100),
                            static_cast<char>('0' + rest / 10 % 10),
                            static_cast<char>('0' + rest % 10)};
  text_.append(decimals, 4);
  return *this;
}

} // namespace hotloop
