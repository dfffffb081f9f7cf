#include "collectors/import/kineto/structure_scanner.h"

#include <bit>
#include <utility>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace hotloop::kineto {

namespace {

constexpr std::size_t kBlock = 64;

struct Marks {
  std::uint64_t quotes = 0;
  std::uint64_t backslashes = 0;
  std::uint64_t opening = 0;
  std::uint64_t closing = 0;
};

// '[' and '{', ']' and '}' differ in one bit.
#if defined(__SSE2__)
Marks marksOf(const char *block) {
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'),
                caseBit = _mm_set1_epi8(0x20), opening = _mm_set1_epi8('{'),
                closing = _mm_set1_epi8('}');
  Marks marks;
  for (unsigned i = 0; i < 4; ++i) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(block) + i);
    const __m128i folded = _mm_or_si128(bytes, caseBit);
    const auto bits = [i](__m128i equal) {
      return static_cast<std::uint64_t>(static_cast<std::uint16_t>(_mm_movemask_epi8(equal)))
             << (16 * i);
    };
    marks.quotes |= bits(_mm_cmpeq_epi8(bytes, quote));
    marks.backslashes |= bits(_mm_cmpeq_epi8(bytes, backslash));
    marks.opening |= bits(_mm_cmpeq_epi8(folded, opening));
    marks.closing |= bits(_mm_cmpeq_epi8(folded, closing));
  }
  return marks;
}
#else
Marks marksOf(const char *block) {
  Marks marks;
  for (unsigned i = 0; i < kBlock; ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    const char folded = static_cast<char>(block[i] | 0x20);
    if (block[i] == '"') marks.quotes |= bit;
    if (block[i] == '\\') marks.backslashes |= bit;
    if (folded == '{') marks.opening |= bit;
    if (folded == '}') marks.closing |= bit;
  }
  return marks;
}
#endif

// Bit i becomes the parity of bits 0..i: ones from each opening quote up to before its closing one.
std::uint64_t runningParity(std::uint64_t bits) {
  for (unsigned shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

} // namespace

void StructureScanner::reset() { *this = StructureScanner(); }

void StructureScanner::dropFront(std::size_t bytes) {
  position_ -= bytes;
  firstEnd_ = lastEnd_ = kNone;
  if (arrayEnd_ != kNone) arrayEnd_ -= bytes;
}

void StructureScanner::scan(std::string_view text) {
  while (arrayEnd_ == kNone && position_ + kBlock <= text.size()) {
    scanBlock(text.data() + position_, position_);
    position_ += kBlock;
  }
  while (arrayEnd_ == kNone && position_ < text.size()) {
    scanByte(text[position_], position_);
    ++position_;
  }
}

void StructureScanner::scanPiece(std::string_view piece) {
  position_ = 0;
  firstEnd_ = lastEnd_ = kNone;
  scan(piece);
}

void StructureScanner::close(std::size_t offset) {
  if (depth_ == 0) {
    if (arrayEnd_ == kNone) arrayEnd_ = offset;
    return;
  }
  if (--depth_ > 0) return;
  lastEnd_ = offset + 1;
  if (firstEnd_ == kNone) firstEnd_ = lastEnd_;
}

void StructureScanner::scanBlock(const char *block, std::size_t offset) {
  Marks marks = marksOf(block);
  if (marks.backslashes != 0 || escaped_) {
    std::uint64_t escaped = escaped_ ? 1 : 0;
    escaped_ = false;
    for (std::uint64_t rest = marks.backslashes; rest != 0; rest &= rest - 1) {
      const int at = std::countr_zero(rest);
      if ((escaped >> at & 1) != 0) continue;
      if (at == 63)
        escaped_ = true;
      else
        escaped |= std::uint64_t{2} << at;
    }
    marks.quotes &= ~escaped;
  }
  const std::uint64_t inside = runningParity(marks.quotes) ^ inString_;
  inString_ = static_cast<std::uint64_t>(static_cast<std::int64_t>(inside) >> 63);
  const std::uint64_t opening = marks.opening & ~inside;
  const std::uint64_t closing = marks.closing & ~inside;
  if (depth_ > std::popcount(closing)) { // no element can end here
    depth_ += std::popcount(opening) - std::popcount(closing);
    return;
  }
  for (std::uint64_t rest = opening | closing; rest != 0 && arrayEnd_ == kNone; rest &= rest - 1) {
    const int at = std::countr_zero(rest);
    if ((opening >> at & 1) != 0)
      ++depth_;
    else
      close(offset + static_cast<std::size_t>(at));
  }
}

// As in a block, a backslash keeps a quote or a backslash behind it from counting, nothing else.
void StructureScanner::scanByte(char c, std::size_t offset) {
  const bool escaped = std::exchange(escaped_, false);
  if (c == '\\') {
    escaped_ = !escaped;
  } else if (c == '"') {
    if (!escaped) inString_ = ~inString_;
  } else if (inString_ == 0) {
    const char folded = static_cast<char>(c | 0x20);
    if (folded == '{')
      ++depth_;
    else if (folded == '}')
      close(offset);
  }
}

std::size_t valueEnd(std::string_view text, std::size_t begin) {
  std::size_t depth = 0;
  bool inString = false;
  for (std::size_t i = begin; i < text.size(); ++i) {
    const char c = text[i];
    if (inString) {
      if (c == '\\')
        ++i;
      else if (c == '"') {
        inString = false;
        if (depth == 0) return i + 1;
      }
    } else if (c == '"') {
      inString = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return i; // ends what is around a plain word
      if (--depth == 0) return i + 1;
    } else if (depth == 0 && (c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n')) {
      return i;
    }
  }
  return StructureScanner::kNone;
}

} // namespace hotloop::kineto
