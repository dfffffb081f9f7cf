#include "cli/help/help_text.h"

#include <algorithm>

#include "core/report/text_layout.h"

namespace hotloop::cli {

namespace {

constexpr std::size_t kReadable = 96;
constexpr std::size_t kItemColumn = 30;

struct Item {
  std::string_view term;
  std::string_view text;
};

// "- `term`: text" -> its parts; an empty term when the line is something else.
Item parseItem(std::string_view line) {
  if (!line.starts_with("- `")) return {};
  const std::size_t end = line.find('`', 3);
  if (end == std::string_view::npos || !line.substr(end).starts_with("`: ")) return {};
  return {line.substr(3, end - 3), line.substr(end + 3)};
}

// Without back-ticks and "**"; of a link only its text.
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

bool continuesParagraph(std::string_view line) {
  for (const char *start : {"#", "- ", "    ", "|", "```"})
    if (line.starts_with(start)) return false;
  return !line.empty();
}

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

std::vector<std::string> documentedFlags(std::string_view markdown) {
  std::vector<std::string> flags;
  for (const std::string_view line : splitLines(markdown)) {
    const Item item = parseItem(line);
    if (item.term.starts_with("-")) flags.emplace_back(item.term);
  }
  return flags;
}

} // namespace hotloop::cli
