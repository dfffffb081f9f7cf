#include "gui/view/syntax.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace hotloop::gui {
namespace {

constexpr std::array<std::string_view, 36> kPythonWords = {
    "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
    "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
    "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
    "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield",    "self"};
constexpr std::array<std::string_view, 52> kCppWords = {
    "auto",    "bool",      "break",     "case",      "catch",     "char",     "class",
    "const",   "constexpr", "continue",  "default",   "delete",    "do",       "double",
    "else",    "enum",      "explicit",  "false",     "float",     "for",      "friend",
    "if",      "inline",    "int",       "long",      "namespace", "new",      "noexcept",
    "nullptr", "operator",  "private",   "protected", "public",    "return",   "short",
    "signed",  "sizeof",    "static",    "struct",    "switch",    "template", "this",
    "throw",   "true",      "try",       "typename",  "unsigned",  "using",    "virtual",
    "void",    "while",     "__global__"};

bool wordStart(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool wordPart(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

class Cutter {
public:
  Cutter(std::string_view line, SyntaxLanguage language, SyntaxState &state)
      : line_(line), language_(language), state_(state) {}

  std::vector<SyntaxSpan> run() {
    while (at_ < line_.size()) step();
    return std::move(spans_);
  }

private:
  void take(std::size_t end, SyntaxKind kind) {
    end = std::min(end, line_.size());
    if (!spans_.empty() && spans_.back().kind == kind)
      spans_.back().end = end;
    else
      spans_.push_back({at_, end, kind});
    at_ = end;
  }
  // What is open goes on to `closing`, or over the end of the line.
  void takeOpen(std::string_view closing, SyntaxKind kind, std::size_t from) {
    const std::size_t end = line_.find(closing, from);
    if (end != std::string_view::npos) state_ = SyntaxState::kCode;
    take(end == std::string_view::npos ? line_.size() : end + closing.size(), kind);
  }
  void step() {
    const std::string_view rest = line_.substr(at_);
    const bool python = language_ == SyntaxLanguage::kPython;
    switch (state_) {
    case SyntaxState::kComment: return takeOpen("*/", SyntaxKind::kComment, at_);
    case SyntaxState::kTripleSingle: return takeOpen("'''", SyntaxKind::kString, at_);
    case SyntaxState::kTripleDouble: return takeOpen("\"\"\"", SyntaxKind::kString, at_);
    case SyntaxState::kCode: break;
    }
    const char c = rest.front();
    if (rest.starts_with(python ? "#" : "//")) return take(line_.size(), SyntaxKind::kComment);
    if (!python && rest.starts_with("/*")) {
      state_ = SyntaxState::kComment;
      return takeOpen("*/", SyntaxKind::kComment, at_ + 2);
    }
    if (python && (rest.starts_with("'''") || rest.starts_with("\"\"\""))) {
      state_ = c == '"' ? SyntaxState::kTripleDouble : SyntaxState::kTripleSingle;
      return takeOpen(rest.substr(0, 3), SyntaxKind::kString, at_ + 3);
    }
    if (c == '"' || c == '\'') return takeString(c);
    if (wordStart(c)) return takeWord();
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      std::size_t end = at_;
      // 0x1f, 1e-5, 100'000: a sign only belongs to it behind an e.
      while (end < line_.size() &&
             (wordPart(line_[end]) || line_[end] == '.' || (!python && line_[end] == '\'')))
        ++end;
      return take(end, SyntaxKind::kNumber);
    }
    take(at_ + 1, SyntaxKind::kPlain);
  }
  void takeString(char quote) {
    std::size_t end = at_ + 1;
    while (end < line_.size() && line_[end] != quote) end += line_[end] == '\\' ? 2 : 1;
    take(end + 1, SyntaxKind::kString);
  }
  void takeWord() {
    std::size_t end = at_;
    while (end < line_.size() && wordPart(line_[end])) ++end;
    const std::string_view word = line_.substr(at_, end - at_);
    const auto in = [word](const auto &words) {
      return std::find(words.begin(), words.end(), word) != words.end();
    };
    const bool known = language_ == SyntaxLanguage::kPython ? in(kPythonWords) : in(kCppWords);
    take(end, known ? SyntaxKind::kKeyword : SyntaxKind::kPlain);
  }

  std::string_view line_;
  SyntaxLanguage language_;
  SyntaxState &state_;
  std::size_t at_ = 0;
  std::vector<SyntaxSpan> spans_;
};

} // namespace

SyntaxLanguage syntaxOf(std::string_view path) {
  if (path.ends_with(".py")) return SyntaxLanguage::kPython;
  for (const std::string_view ending :
       {".cpp", ".cc", ".cxx", ".c", ".h", ".hpp", ".cu", ".cuh", ".inl"}) {
    if (path.ends_with(ending)) return SyntaxLanguage::kCpp;
  }
  return SyntaxLanguage::kNone;
}

std::vector<SyntaxSpan> syntaxSpans(std::string_view line, SyntaxLanguage language,
                                    SyntaxState &state) {
  if (language == SyntaxLanguage::kNone) {
    if (line.empty()) return {};
    return {{0, line.size(), SyntaxKind::kPlain}};
  }
  return Cutter(line, language, state).run();
}

} // namespace hotloop::gui
