#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "cli/help/help_parts.h"
#include "cli/help/help_text.h"

namespace hotloop::cli {

using namespace help_parts;

namespace {

// Backslashes and leading dots are roff's; a hyphen stays one that can be copied.
std::string roff(std::string_view text) {
  std::string out;
  if (text.starts_with('.') || text.starts_with('\'')) out = "\\&";
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::toupper(c); });
  return out;
}

std::string pageName(std::string_view topic) {
  return topic == "hotloop" ? std::string(topic) : fmt::format("hotloop-{}", topic);
}

// The first sentence that stands in the page; the summary of man's index.
std::string summaryOf(std::string_view markdown) {
  std::string text;
  for (const std::string_view line : splitLines(markdown)) {
    if (text.empty() && (line.empty() || !continuesParagraph(line))) continue;
    if (!continuesParagraph(line)) break;
    text += (text.empty() ? "" : " ") + std::string(line);
  }
  text = plainText(text);
  std::size_t end = text.find(". ");
  if (end == std::string::npos) end = text.size();
  text.resize(end);
  while (!text.empty() && (text.back() == '.' || text.back() == ':')) text.pop_back();
  if (!text.empty() && text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0)
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

} // namespace

std::string manPage(const HelpTopic &topic) {
  const std::string name = pageName(topic.name);
  const std::string_view first = topic.markdown.substr(0, topic.markdown.find('\n'));
  std::string summary = summaryOf(topic.markdown);
  if (summary.empty())
    summary = plainText(first.substr(std::min(first.find_first_not_of("# "), first.size())));
  std::string out =
      fmt::format(".TH \"{}\" \"1\" \"\" \"hotloop {}\" \"hotloop\"\n.SH NAME\n{} \\- {}\n"
                  ".SH DESCRIPTION\n",
                  roff(upper(name)), HOTLOOP_VERSION, roff(name), roff(summary));
  const auto lines = splitLines(topic.markdown);
  bool fenced = false, literal = false;
  const auto setLiteral = [&](bool on) {
    if (on != literal) out += on ? ".PP\n.RS 4\n.nf\n" : ".fi\n.RE\n";
    literal = on;
  };
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    const bool fence = line.starts_with("```");
    if (fence) fenced = !fenced;
    const bool table = line.starts_with("|");
    const bool verbatim = !fence && (fenced || table || line.starts_with("    "));
    if (verbatim) {
      setLiteral(true);
      const std::string text =
          table ? plainText(line) : std::string(fenced ? line : line.substr(4));
      out += roff(text) + "\n";
      continue;
    }
    setLiteral(false);
    if (fence || line.empty()) continue;
    if (line.starts_with("#")) {
      out += fmt::format(".SH \"{}\"\n", roff(upper(line.substr(line.find_first_not_of("# ")))));
      continue;
    }
    const Item item = parseItem(line);
    std::string text(item.term.empty() ? line : item.text);
    for (; i + 1 < lines.size() && continuesParagraph(lines[i + 1]); ++i)
      text += " " + std::string(withoutIndent(lines[i + 1]));
    if (item.term.empty())
      out += ".PP\n";
    else
      out += fmt::format(".TP\n\\fB{}\\fR\n", roff(item.term));
    out += roff(plainText(text)) + "\n";
  }
  setLiteral(false);
  if (topic.name != "hotloop") out += ".SH \"SEE ALSO\"\n.BR hotloop (1)\n";
  return out;
}

} // namespace hotloop::cli
