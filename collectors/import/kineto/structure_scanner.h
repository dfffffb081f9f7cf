#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hotloop::kineto {

// Finds where the elements of a JSON array end without parsing them: counts brackets that stand
// outside of strings. Looks at each byte once, 64 at a time, and goes on where it stopped when the
// text has grown.
class StructureScanner {
public:
  static constexpr std::size_t kNone = SIZE_MAX;

  // Begins anew, between two elements.
  void reset();
  // Looks at the rest of `text`, which must begin with what was scanned before. Stops for good at
  // the bracket that ends the array.
  void scan(std::string_view text);
  // The same for text that comes in pieces, each looked at as a whole and then thrown away; offsets
  // are those of the last piece.
  void scanPiece(std::string_view piece);
  // The first `bytes` of the text are gone.
  void dropFront(std::size_t bytes);

  // Offset behind the last bracket that ended an element; kNone when none did.
  std::size_t lastEnd() const { return lastEnd_; }
  // The same of the first one that did, since the last dropFront() or piece.
  std::size_t firstEnd() const { return firstEnd_; }
  // Offset of the bracket that ends the array; kNone when it was not seen.
  std::size_t arrayEnd() const { return arrayEnd_; }
  std::size_t position() const { return position_; }
  // Did the text so far stop within a bracket or a string?
  bool insideElement() const { return depth_ > 0 || inString_ != 0; }

private:
  void scanBlock(const char *block, std::size_t offset);
  void scanByte(char c, std::size_t offset);
  void close(std::size_t offset);

  std::size_t position_ = 0;
  std::size_t firstEnd_ = kNone;
  std::size_t lastEnd_ = kNone;
  std::size_t arrayEnd_ = kNone;
  std::int64_t depth_ = 0;
  std::uint64_t inString_ = 0; // all bits or none
  bool escaped_ = false;       // the next byte follows a backslash
};

// Offset behind the value that begins at text[begin] (an object, an array, a string, or a word up
// to the next separator); kNone when the text ends first.
std::size_t valueEnd(std::string_view text, std::size_t begin);

} // namespace hotloop::kineto
