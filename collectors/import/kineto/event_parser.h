#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "collectors/import/kineto/event.h"

namespace hotloop::kineto {

// What parse() met.
struct ParseCounts {
  std::int64_t events = 0;    // objects handed on
  std::int64_t nonFinite = 0; // of those, with NaN or an infinity
  std::int64_t tolerated = 0; // of those, that are no valid JSON and were read all the same
  std::int64_t skipped = 0;   // elements that could not be read, or are no objects
};

// Parses elements of the event array. Bytes around the text are changed and put back, see parse().
class EventParser {
public:
  // Bytes that must be readable behind the text.
  static constexpr std::size_t kPadding = 64;

  EventParser();
  ~EventParser();

  // `first`..`last` are whole elements separated by commas. first[-1] and last[0] must be writable.
  // `handle` sees each event; its values point into the text.
  void parse(char *first, char *last, const std::function<void(const Event &)> &handle);

  const ParseCounts &counts() const { return counts_; }

private:
  struct Simd;
  // Where it got to: `last`, or the element at which simdjson gave up.
  char *parseMany(char *first, char *last, const std::function<void(const Event &)> &handle);
  void parseOne(char *first, char *last, const std::function<void(const Event &)> &handle);
  void hand(const std::function<void(const Event &)> &handle);

  std::unique_ptr<Simd> simd_;
  Event event_;
  ParseCounts counts_;
};

// Reads an object that may hold NaN, Infinity, control characters or bytes that are no UTF-8, which
// real traces do. False when its members cannot be told apart.
bool parseTolerantly(std::string_view object, Event &event);

} // namespace hotloop::kineto
