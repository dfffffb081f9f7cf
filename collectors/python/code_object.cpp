#include "collectors/python/code_object.h"

namespace hotloop::python {
namespace {

// PyASCIIObject.state: interned:2, kind:3, compact:1, ascii:1.
constexpr unsigned kCompact = 1u << 5;
constexpr unsigned kAscii = 1u << 6;

std::size_t putUtf8(std::uint32_t c, char *out, std::size_t room) {
  if ((c >= 0xd800 && c < 0xe000) || c > 0x10ffff) {
    c = 0xfffd;
  }
  const std::size_t bytes = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  if (bytes > room) {
    return 0;
  }
  constexpr unsigned char kLead[] = {0, 0, 0xc0, 0xe0, 0xf0};
  for (std::size_t i = bytes - 1; i > 0; --i, c >>= 6) {
    out[i] = static_cast<char>(0x80 | (c & 0x3f));
  }
  out[0] = static_cast<char>(kLead[bytes] | c);
  return bytes;
}

template <class Unit>
std::size_t encode(const void *units, std::size_t length, char *out, std::size_t capacity) {
  std::size_t used = 0;
  for (std::size_t i = 0; i < length; ++i) {
    const std::size_t bytes =
        putUtf8(readAt<Unit>(units, i * sizeof(Unit)), out + used, capacity - used);
    if (bytes == 0) {
      break;
    }
    used += bytes;
  }
  return used;
}

// One reader over the location table; every read is checked, so that a broken table ends the walk.
class TableReader {
public:
  TableReader(const std::uint8_t *data, std::size_t bytes) : at_(data), end_(data + bytes) {}

  bool next(std::uint8_t &byte) {
    if (at_ == end_) {
      return false;
    }
    byte = *at_++;
    return true;
  }
  bool skip(std::size_t bytes) {
    if (static_cast<std::size_t>(end_ - at_) < bytes) {
      return false;
    }
    at_ += bytes;
    return true;
  }
  // Six bits a byte, least significant first; bit 6 says that more follow.
  bool variable(std::uint32_t &value) {
    value = 0;
    for (unsigned shift = 0; shift < 32; shift += 6) {
      std::uint8_t byte = 0;
      if (!next(byte)) {
        return false;
      }
      value |= std::uint32_t(byte & 63u) << shift;
      if ((byte & 64u) == 0) {
        return true;
      }
    }
    return false;
  }
  bool signedVariable(std::int64_t &value) {
    std::uint32_t raw = 0;
    if (!variable(raw)) {
      return false;
    }
    value = (raw & 1u) != 0 ? -std::int64_t(raw >> 1) : std::int64_t(raw >> 1);
    return true;
  }

private:
  const std::uint8_t *at_;
  const std::uint8_t *end_;
};

} // namespace

std::string_view textOf(const Offsets &offsets, const void *text, char *buffer,
                        std::size_t capacity) {
  if (text == nullptr) {
    return "?";
  }
  const auto state = readAt<std::uint32_t>(text, offsets.textState);
  const auto length = readAt<std::int64_t>(text, offsets.textLength);
  if ((state & kCompact) == 0 || length < 0) {
    return "?";
  }
  const char *base = static_cast<const char *>(text);
  const auto count = static_cast<std::size_t>(length);
  if ((state & kAscii) != 0) {
    return {base + offsets.textAscii, count < capacity ? count : capacity};
  }
  const char *units = base + offsets.textCompact;
  switch ((state >> 2) & 7u) {
  case 1: return {buffer, encode<std::uint8_t>(units, count, buffer, capacity)};
  case 2: return {buffer, encode<std::uint16_t>(units, count, buffer, capacity)};
  case 4: return {buffer, encode<std::uint32_t>(units, count, buffer, capacity)};
  default: return "?";
  }
}

int lineOf(const std::uint8_t *table, std::size_t bytes, int firstLine, std::int64_t instruction) {
  TableReader reader(table, bytes);
  std::int64_t line = firstLine;
  std::int64_t address = 0;
  std::uint8_t head = 0;
  while (instruction >= address && reader.next(head)) {
    const unsigned kind = (head >> 3) & 15u;
    bool hasLine = true;
    bool whole = true;
    std::int64_t delta = 0;
    std::uint32_t ignored = 0;
    if (kind == 15) { // no location
      hasLine = false;
    } else if (kind == 14) { // long: line, end line, column, end column
      whole = reader.signedVariable(delta) && reader.variable(ignored) &&
              reader.variable(ignored) && reader.variable(ignored);
    } else if (kind == 13) { // no column
      whole = reader.signedVariable(delta);
    } else if (kind >= 10) { // one line: delta 0 to 2
      delta = kind - 10;
      whole = reader.skip(2);
    } else { // short: same line
      whole = reader.skip(1);
    }
    if (!whole) {
      return -1;
    }
    line += delta;
    address += ((head & 7) + 1) * 2;
    if (instruction < address) {
      return hasLine && line > 0 && line <= INT32_MAX ? static_cast<int>(line) : -1;
    }
  }
  return -1;
}

bool isLibraryFile(std::string_view file) {
  if (file.starts_with("<")) {
    return file.starts_with("<frozen ");
  }
  for (std::string_view part : {"/site-packages/", "/dist-packages/", "/python311.zip/",
                                "/python312.zip/", "/python313.zip/"}) {
    if (file.find(part) != std::string_view::npos) {
      return true;
    }
  }
  for (std::string_view part : {"/lib/python3.", "/lib64/python3."}) {
    for (std::size_t at = file.find(part); at != std::string_view::npos;
         at = file.find(part, at + 1)) {
      std::size_t end = at + part.size();
      while (end < file.size() && file[end] >= '0' && file[end] <= '9') {
        ++end;
      }
      if (end > at + part.size() && end < file.size() && file[end] == '/') {
        return true;
      }
    }
  }
  return false;
}

} // namespace hotloop::python
