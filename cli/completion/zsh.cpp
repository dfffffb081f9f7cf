#include <fmt/format.h>

#include "cli/arguments/common_flags.h"
#include "cli/completion/completion.h"

namespace hotloop::cli {

namespace {

// zsh takes ':' and quotes in a description for its own.
std::string safe(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') continue;
    if (c == ':' || c == '[' || c == ']') out += '\\';
    out += c;
  }
  return out;
}

std::string flagLine(const FlagSpec &flag) {
  std::string action;
  if (flag.value == FlagValue::kChoice)
    action = fmt::format(":value:({})", fmt::join(splitChoices(flag.valueName), " "));
  else if (flag.value == FlagValue::kFile)
    action = ":file:_files";
  else if (flag.value != FlagValue::kNone)
    action = fmt::format(":{}:", safe(flag.valueName));
  std::string lines = fmt::format("        '{}--{}{}{}' \\\n", flag.repeatable ? "*" : "",
                                  flag.name, flag.value == FlagValue::kNone ? "" : "=", action);
  if (flag.shortName != 0)
    lines +=
        fmt::format("        '{}-{}{}' \\\n", flag.repeatable ? "*" : "", flag.shortName, action);
  return lines;
}

} // namespace

std::string zshCompletion(std::span<const Command> commands) {
  std::string verbs, cases;
  for (const Command &command : commands) {
    verbs += fmt::format("    '{}:{}'\n", command.name, safe(command.summary));
    cases += fmt::format("      {})\n        _arguments \\\n", command.name);
    for (const auto *flags : {&command.syntax.flags, &globalFlags()})
      for (const FlagSpec &flag : *flags) cases += flagLine(flag);
    for (const PositionalSpec &positional : command.syntax.positionals)
      if (!positional.choices.empty())
        cases += fmt::format("        '1:what:({})' \\\n",
                             fmt::join(splitChoices(positional.choices), " "));
    cases += "        '*:file:_files' ;;\n";
  }
  return fmt::format(R"sh(#compdef hotloop
# zsh completion of hotloop: eval "$(hotloop completion zsh)", or save it as _hotloop on fpath
_hotloop() {{
  local -a verbs
  verbs=(
{}  )
  local curcontext="$curcontext" state line
  _arguments -C '1: :->verb' '*:: :->rest'
  case $state in
  verb) _describe 'command' verbs ;;
  rest)
    case $words[1] in
{}    esac ;;
  esac
}}
compdef _hotloop hotloop
)sh",
                     verbs, cases);
}

} // namespace hotloop::cli
