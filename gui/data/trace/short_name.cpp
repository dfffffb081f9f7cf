#include "gui/data/trace/short_name.h"

namespace hotloop::gui {

std::string shortName(std::string_view name) {
  constexpr std::size_t kMost = 80;
  const bool function =
      name.find('(') != std::string_view::npos || name.find('<') != std::string_view::npos;
  if (!function || name.front() == '(' || name.front() == '<') {
    return std::string(name.substr(0, kMost));
  }
  std::string out;
  int depth = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '<') {
      if (depth++ == 0) out += "<>";
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
