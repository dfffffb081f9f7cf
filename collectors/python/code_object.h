#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "collectors/python/offsets.h"

// Reading CPython's immutable objects (code, str, bytes) without its API and without the GIL. The
// caller knows that the objects are alive: a frame of its own thread holds them.
namespace hotloop::python {

template <class T> T readAt(const void *object, std::size_t offset) {
  T value;
  std::memcpy(&value, static_cast<const char *>(object) + offset, sizeof value);
  return value;
}

// The str as UTF-8 in `buffer`, cut at a character where it does not fit; ASCII strings are
// returned in place. "?" for null and for what is no compact string. Lone surrogates become U+FFFD.
std::string_view textOf(const Offsets &offsets, const void *text, char *buffer,
                        std::size_t capacity);

// Line of the instruction at byte `instruction` of the code, from the location table of PEP 626 as
// written since 3.11 (Objects/locations.md). -1: that instruction has no line, or the table is
// broken.
int lineOf(const std::uint8_t *table, std::size_t bytes, int firstLine, std::int64_t instruction);

// Whether the file belongs to the interpreter, its standard library or an installed package:
// "<frozen x>",
// ".../site-packages/...", ".../dist-packages/...", ".../lib/python3.N/...". Other names in angle
// brackets (<stdin>, <string>, notebook cells) are the user's.
bool isLibraryFile(std::string_view file);

} // namespace hotloop::python
