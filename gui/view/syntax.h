#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace hotloop::gui {

enum class SyntaxKind : std::uint8_t { kPlain, kKeyword, kString, kComment, kNumber };
enum class SyntaxLanguage : std::uint8_t { kNone, kPython, kCpp }; // C++ with CUDA

// A stretch of a line: bytes [begin, end).
struct SyntaxSpan {
  std::size_t begin = 0, end = 0;
  SyntaxKind kind = SyntaxKind::kPlain;
};

// What is open at the end of a line: a comment, or a string of three quotes.
enum class SyntaxState : std::uint8_t { kCode, kComment, kTripleSingle, kTripleDouble };

// By the ending of a file's name.
SyntaxLanguage syntaxOf(std::string_view path);

// Cuts `line` into spans without gaps; `state` is that at its beginning and becomes that at its
// end. Enough for reading: no preprocessor, no raw strings.
std::vector<SyntaxSpan> syntaxSpans(std::string_view line, SyntaxLanguage language,
                                    SyntaxState &state);

} // namespace hotloop::gui
