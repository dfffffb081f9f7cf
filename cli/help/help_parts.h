#pragma once

#include <string>
#include <string_view>
#include <vector>

// The Markdown of docs/cli in its parts: shared by the writers for a terminal and for man(1).
namespace hotloop::cli::help_parts {

struct Item {
  std::string_view term;
  std::string_view text;
};

// "- `term`: text" -> its parts; an empty term when the line is something else.
Item parseItem(std::string_view line);
// Without back-ticks and "**"; of a link only its text.
std::string plainText(std::string_view text);
std::vector<std::string_view> splitLines(std::string_view text);
std::string_view withoutIndent(std::string_view line);
// Is the line one more of the paragraph or item before it?
bool continuesParagraph(std::string_view line);

} // namespace hotloop::cli::help_parts
