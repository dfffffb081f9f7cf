#include "cli/rule_pages.h"

#include <cctype>
#include <string>

namespace hotloop::cli {

std::string_view rulePage(std::string_view id, std::string_view name) {
  std::string wanted;
  for (const char c : id) wanted += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  wanted.append("_").append(name);
  for (const HelpTopic &page : rulePages())
    if (page.name == wanted) return page.markdown;
  return {};
}

} // namespace hotloop::cli
