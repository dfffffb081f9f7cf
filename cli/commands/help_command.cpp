#include "cli/commands/help_command.h"

#include <fmt/format.h>

#include "cli/arguments/common_flags.h"
#include "cli/arguments/suggest.h"
#include "cli/help/help_text.h"

namespace hotloop::cli {

namespace {

Result<int> run(const CommandContext &context) {
  const std::string name =
      context.arguments.positionals.empty() ? "hotloop" : context.arguments.positionals[0];
  const std::string_view page = helpTopic(name);
  if (page.empty()) {
    std::vector<std::string_view> names;
    for (const HelpTopic &topic : helpTopics()) names.push_back(topic.name);
    return Unexpected(
        invalidInput(fmt::format("there is no help on '{}'{} (hotloop help lists all topics)", name,
                                 didYouMean(name, names))));
  }
  HOTLOOP_TRY(context.emit(context.format() == "man"
                               ? manPage({name, page})
                               : renderHelp(page, context.style, context.width)));
  return kExitOk;
}

} // namespace

Command helpCommand() {
  return {"help",
          "this overview, or the page of a command or topic",
          {{{"format", 0, FlagValue::kChoice, "text|man", {}, false}, kOutputFlag, kForceFlag},
           {{"TOPIC", false, false, false, {}}}},
          run};
}

} // namespace hotloop::cli
