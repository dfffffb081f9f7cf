#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// Fitting recorded text into a terminal. Texts are UTF-8; one code point is one column. Broken
// bytes count as one column each and come out as U+FFFD.
namespace hotloop {

std::size_t displayWidth(std::string_view text);

// `text` with control characters (terminal escapes in a recorded name, line ends) and broken UTF-8
// replaced, so that printing it cannot change the terminal or the layout.
std::string printable(std::string_view text);

// At most `width` columns; a cut text ends in "…".
std::string cutToWidth(std::string_view text, std::size_t width);

// A path (maybe followed by ":line function") in at most `width` columns: whole leading folders
// give way to "…/" first, then the end is cut. "/home/a/b/train.py:12 loss" -> "…/b/train.py:12
// loss".
std::string shortenPath(std::string_view path, std::size_t width);

// Filled with blanks up to `width` columns; never cut.
std::string padRight(std::string_view text, std::size_t width);
std::string padLeft(std::string_view text, std::size_t width);

// Broken at blanks into lines of at most `width` columns (longer words stand alone). At least one
// line.
std::vector<std::string> wrapText(std::string_view text, std::size_t width);

} // namespace hotloop
