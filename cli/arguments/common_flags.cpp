#include "cli/arguments/common_flags.h"

namespace hotloop::cli {

const std::vector<FlagSpec> &globalFlags() {
  static const std::vector<FlagSpec> flags = {
      {"help", 'h', FlagValue::kNone, {}, {}, false},
      {"quiet", 'q', FlagValue::kNone, {}, {}, false},
      {"verbose", 'v', FlagValue::kNone, {}, {}, true},
      {"color", 0, FlagValue::kChoice, "auto|always|never", "HOTLOOP_COLOR", false},
      {"no-color", 0, FlagValue::kNone, {}, {}, false},
      {"no-progress", 0, FlagValue::kNone, {}, "HOTLOOP_NO_PROGRESS", false},
      {"no-pager", 0, FlagValue::kNone, {}, {}, false},
      {"no-input", 0, FlagValue::kNone, {}, {}, false},
  };
  return flags;
}

std::vector<std::string_view> splitChoices(std::string_view choices) {
  std::vector<std::string_view> values;
  while (!choices.empty()) {
    const std::size_t bar = choices.find('|');
    values.push_back(choices.substr(0, bar));
    choices.remove_prefix(bar == std::string_view::npos ? choices.size() : bar + 1);
  }
  return values;
}

} // namespace hotloop::cli
