#include "core/report/text_layout.h"

#include <cstdint>

namespace hotloop {

namespace {

constexpr std::string_view kEllipsis = "…";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Length in bytes of the well-formed sequence at the start of `text`; 0 when it is broken.
std::size_t sequenceLength(std::string_view text) {
  const auto lead = static_cast<std::uint8_t>(text[0]);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((static_cast<std::uint8_t>(text[i]) & 0xC0) != 0x80) return 0;
  if (length >= 3) {
    const auto second = static_cast<std::uint8_t>(text[1]);
    const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
    const bool outside = (lead == 0xED && second >= 0xA0) || (lead == 0xF4 && second >= 0x90);
    if (overlong || outside) return 0;
  }
  return length;
}

bool isControl(std::string_view sequence) {
  const auto first = static_cast<std::uint8_t>(sequence[0]);
  if (sequence.size() == 1) return first < 0x20 || first == 0x7F;
  return first == 0xC2 && static_cast<std::uint8_t>(sequence[1]) < 0xA0; // C1 controls
}

template <class Visit> void forEachSequence(std::string_view text, Visit &&visit) {
  while (!text.empty()) {
    const std::size_t length = sequenceLength(text);
    if (!visit(text.substr(0, length == 0 ? 1 : length), length != 0)) return;
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

} // namespace

std::size_t displayWidth(std::string_view text) {
  std::size_t width = 0;
  forEachSequence(text, [&](std::string_view, bool) {
    ++width;
    return true;
  });
  return width;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  forEachSequence(text, [&](std::string_view sequence, bool valid) {
    if (!valid)
      out += kReplacement;
    else if (isControl(sequence))
      out += sequence[0] == '\n' || sequence[0] == '\t' || sequence[0] == '\r' ? ' ' : '?';
    else
      out += sequence;
    return true;
  });
  return out;
}

std::string cutToWidth(std::string_view text, std::size_t width) {
  if (displayWidth(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::string out;
  std::size_t used = 0;
  forEachSequence(text, [&](std::string_view sequence, bool) {
    if (used + 1 >= width) return false;
    out += sequence;
    ++used;
    return true;
  });
  return out.append(kEllipsis);
}

std::string shortenPath(std::string_view path, std::size_t width) {
  if (displayWidth(path) <= width) return std::string(path);
  // Only the file part has folders to give: "a/b.py:3 f(x / y)" must not lose its function.
  const std::size_t end = path.find_first_of(": ");
  std::size_t slash = path.find('/', path.starts_with('/') ? 1 : 0);
  while (slash != std::string_view::npos && slash < end) {
    const std::string_view rest = path.substr(slash + 1);
    if (displayWidth(rest) + 2 <= width) return std::string(kEllipsis) + "/" + std::string(rest);
    const std::size_t next = path.find('/', slash + 1);
    if (next == std::string_view::npos || next >= end) return cutToWidth(rest, width);
    slash = next;
  }
  return cutToWidth(path, width);
}

std::string padRight(std::string_view text, std::size_t width) {
  const std::size_t used = displayWidth(text);
  std::string out(text);
  if (used < width) out.append(width - used, ' ');
  return out;
}

std::string padLeft(std::string_view text, std::size_t width) {
  const std::size_t used = displayWidth(text);
  return used < width ? std::string(width - used, ' ').append(text) : std::string(text);
}

std::vector<std::string> wrapText(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  std::size_t used = 0;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    if (word.empty()) continue;
    const std::size_t wordWidth = displayWidth(word);
    if (used != 0 && used + 1 + wordWidth > width) {
      lines.emplace_back();
      used = 0;
    }
    if (used != 0) {
      lines.back() += ' ';
      ++used;
    }
    lines.back() += word;
    used += wordWidth;
  }
  return lines;
}

} // namespace hotloop
