#include "gui/data/trace/short_name.h"

#include <cctype>

namespace hotloop::gui {

namespace {

// What tells kernels of one template apart: the innermost functor of the template arguments, "name"
// being what follows the first '<', or the function whose lambda they hold. Empty: neither.
std::string functorIn(std::string_view name) {
  std::string word;
  std::string functor;
  std::string function;
  int depth = 1;
  for (std::size_t i = 0; i < name.size() && depth > 0; ++i) {
    const char c = name[i];
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') {
      word += c;
      continue;
    }
    depth += c == '<' ? 1 : c == '>' ? -1 : 0;
    if (word.find("unctor") != std::string::npos) functor = word;
    if (c == '(' && function.empty() && word.size() > 3 && word != "operator" && word != "lambda")
      function = word;
    word.clear();
  }
  return functor.empty() ? function : functor;
}

} // namespace

std::string shortName(std::string_view name) {
  constexpr std::size_t kMost = 80;
  const bool function =
      name.find('(') != std::string_view::npos || name.find('<') != std::string_view::npos;
  if (!function || name.front() == '(' || name.front() == '<') {
    return std::string(name.substr(0, kMost));
  }
  std::string out;
  const std::size_t arguments = name.find('<');
  const std::string functor =
      arguments == std::string_view::npos ? std::string() : functorIn(name.substr(arguments + 1));
  int depth = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '<') {
      if (depth++ == 0) out += '<' + functor + '>';
    } else if (c == '>') {
      if (depth > 0) --depth;
    } else if (depth == 0) {
      // "(anonymous namespace)" is no parameter list.
      if (c == '(') {
        constexpr std::string_view kAnonymous = "(anonymous namespace)::";
        if (name.substr(i).starts_with(kAnonymous)) {
          i += kAnonymous.size() - 1;
          continue;
        }
        break;
      }
      if (c == ' ') {
        out.clear(); // return type
        continue;
      }
      out += c;
      if (out.size() >= 2 && out.ends_with("::")) out.clear();
    }
  }
  return out.empty() ? std::string(name.substr(0, kMost)) : out.substr(0, kMost);
}

} // namespace hotloop::gui
