#pragma once

#include <span>
#include <string_view>

#include "cli/help/help_text.h"

namespace hotloop::cli {

// The pages of the rules' folders, compiled in; named as their files.
std::span<const HelpTopic> rulePages();

// The page (Markdown) of the rule "HL101", "scalar_readback"; empty when it has none.
std::string_view rulePage(std::string_view id, std::string_view name);

} // namespace hotloop::cli
