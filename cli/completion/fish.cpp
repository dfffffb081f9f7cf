#include <fmt/format.h>

#include "cli/arguments/common_flags.h"
#include "cli/completion/completion.h"

namespace hotloop::cli {

namespace {

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string flagLine(const FlagSpec &flag, const std::string &condition) {
  std::string line = fmt::format("complete -c hotloop{} -l {}", condition, flag.name);
  if (flag.shortName != 0) line += fmt::format(" -s {}", flag.shortName);
  if (flag.value == FlagValue::kChoice)
    line += fmt::format(" -x -a '{}'", fmt::join(splitChoices(flag.valueName), " "));
  else if (flag.value == FlagValue::kFile)
    line += " -r -F";
  else if (flag.value != FlagValue::kNone)
    line += " -x";
  return line + "\n";
}

} // namespace

std::string fishCompletion(std::span<const Command> commands) {
  std::string out = "# fish completion of hotloop: hotloop completion fish | source\n";
  for (const Command &command : commands)
    out += fmt::format("complete -c hotloop -n __fish_use_subcommand -f -a {} -d {}\n",
                       command.name, quoted(command.summary));
  for (const FlagSpec &flag : globalFlags()) out += flagLine(flag, "");
  for (const Command &command : commands) {
    const std::string condition = fmt::format(" -n '__fish_seen_subcommand_from {}'", command.name);
    for (const FlagSpec &flag : command.syntax.flags) out += flagLine(flag, condition);
    for (const PositionalSpec &positional : command.syntax.positionals)
      if (!positional.choices.empty())
        out += fmt::format("complete -c hotloop{} -f -a '{}'\n", condition,
                           fmt::join(splitChoices(positional.choices), " "));
  }
  return out;
}

} // namespace hotloop::cli
