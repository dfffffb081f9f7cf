#include "cli/help/help_parts.h"

#include <algorithm>

namespace hotloop::cli::help_parts {

Item parseItem(std::string_view line) {
  if (!line.starts_with("- `")) return {};
  const std::size_t end = line.find('`', 3);
  if (end == std::string_view::npos || !line.substr(end).starts_with("`: ")) return {};
  return {line.substr(3, end - 3), line.substr(end + 3)};
}

std::string plainText(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '`') continue;
    if (text.substr(i).starts_with("**")) {
      ++i;
      continue;
    }
    const std::size_t middle = text[i] == '[' ? text.find("](", i) : std::string_view::npos;
    const std::size_t end = middle == std::string_view::npos ? middle : text.find(')', middle);
    if (end == std::string_view::npos) {
      out += text[i];
      continue;
    }
    out += plainText(text.substr(i + 1, middle - i - 1));
    i = end;
  }
  return out;
}

std::vector<std::string_view> splitLines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::string_view withoutIndent(std::string_view line) {
  return line.substr(std::min(line.find_first_not_of(' '), line.size()));
}

bool continuesParagraph(std::string_view line) {
  for (const char *start : {"#", "- ", "    ", "|", "```"})
    if (line.starts_with(start)) return false;
  return !line.empty();
}

} // namespace hotloop::cli::help_parts
