#include "cli/help/help_text.h"

#include <algorithm>

#include "cli/help/help_parts.h"
#include "core/report/text_layout.h"

namespace hotloop::cli {

using namespace help_parts;

namespace {

constexpr std::size_t kReadable = 96;
constexpr std::size_t kItemColumn = 30;

void renderItem(std::string &out, const Item &item, const std::string &text, const Style &style,
                std::size_t width) {
  const auto lines = wrapText(plainText(text), std::max<std::size_t>(width, 60) - kItemColumn);
  const bool fits = displayWidth(item.term) + 4 <= kItemColumn;
  out += "  " + style.bold(item.term);
  if (fits)
    out.append(kItemColumn - 2 - displayWidth(item.term), ' ');
  else
    out += "\n" + std::string(kItemColumn, ' ');
  for (std::size_t i = 0; i < lines.size(); ++i)
    out += (i == 0 ? "" : std::string(kItemColumn, ' ')) + lines[i] + "\n";
}

} // namespace

std::string_view helpTopic(std::string_view name) {
  for (const HelpTopic &topic : helpTopics())
    if (topic.name == name) return topic.markdown;
  return {};
}

std::string renderHelp(std::string_view markdown, const Style &style, std::size_t width) {
  const std::size_t readable = std::min(width, kReadable);
  const auto lines = splitLines(markdown);
  std::string out;
  bool fenced = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    if (line.starts_with("```")) {
      fenced = !fenced;
    } else if (fenced) {
      out += "    " + std::string(line) + "\n";
    } else if (line.starts_with("#")) {
      out += style.bold(line.substr(std::min(line.find_first_not_of("# "), line.size()))) + "\n";
    } else if (line.starts_with("|")) {
      out += plainText(line) + "\n";
    } else if (line.empty() || line.starts_with("    ")) {
      out += std::string(line) + "\n";
    } else {
      const Item item = parseItem(line);
      std::string text(item.term.empty() ? line : item.text);
      while (i + 1 < lines.size() && continuesParagraph(lines[i + 1])) {
        ++i;
        text += " " + std::string(lines[i]);
      }
      if (!item.term.empty()) {
        renderItem(out, item, text, style, readable);
        continue;
      }
      for (const std::string &part : wrapText(plainText(text), readable)) out += part + "\n";
    }
  }
  return out;
}

std::vector<HelpItem> documentedItems(std::string_view markdown) {
  std::vector<HelpItem> items;
  const auto lines = splitLines(markdown);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Item item = parseItem(lines[i]);
    if (item.term.empty()) continue;
    std::string text(item.text);
    for (; i + 1 < lines.size() && continuesParagraph(lines[i + 1]); ++i)
      text += " " + std::string(withoutIndent(lines[i + 1]));
    items.push_back({std::string(item.term), plainText(text)});
  }
  return items;
}

std::vector<std::string> documentedFlags(std::string_view markdown) {
  std::vector<std::string> flags;
  for (const HelpItem &item : documentedItems(markdown))
    if (item.term.starts_with("-")) flags.push_back(item.term);
  return flags;
}

} // namespace hotloop::cli
