#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/report/style.h"

namespace hotloop::cli {

// A page of docs/cli, compiled in: what `hotloop help <name>` prints.
struct HelpTopic {
  std::string_view name;     // file name without .md
  std::string_view markdown; // as the file has it
};

std::span<const HelpTopic> helpTopics();
// The page's Markdown; empty when there is none.
std::string_view helpTopic(std::string_view name);

// The Markdown of docs/cli and of the rules' pages for a terminal: headings, paragraphs, code
// (indented by four or fenced), tables as they are, and items "- `--flag VALUE`: text" in two
// columns.
std::string renderHelp(std::string_view markdown, const Style &style, std::size_t width);

// The items "- `TERM`: text" of a page, as plain text.
struct HelpItem {
  std::string term, text;
};
std::vector<HelpItem> documentedItems(std::string_view markdown);

// The page for man(1), in the macros of man(7): hotloop.1 for "hotloop", hotloop-NAME.1 for others.
std::string manPage(const HelpTopic &topic);

// The flags that a page documents, as written between the back-ticks of its items: "-o, --output
// FILE".
std::vector<std::string> documentedFlags(std::string_view markdown);

} // namespace hotloop::cli
