#include <fmt/format.h>

#include "cli/arguments/common_flags.h"
#include "cli/completion/completion.h"
#include "cli/help/help_text.h"

namespace hotloop::cli {

namespace {

std::string words(std::string_view choices) {
  return fmt::format("{}", fmt::join(splitChoices(choices), " "));
}

std::string flagNames(const Command &command) {
  std::string names;
  for (const auto *flags : {&command.syntax.flags, &globalFlags()})
    for (const FlagSpec &flag : *flags)
      names += fmt::format("{}--{}", names.empty() ? "" : " ", flag.name);
  return names;
}

std::string positionalWords(const Command &command) {
  if (command.name == "help") {
    std::string names;
    for (const HelpTopic &topic : helpTopics())
      names += fmt::format("{}{}", names.empty() ? "" : " ", topic.name);
    return names;
  }
  for (const PositionalSpec &positional : command.syntax.positionals)
    if (!positional.choices.empty()) return words(positional.choices);
  return {};
}

} // namespace

std::string bashCompletion(std::span<const Command> commands) {
  std::string verbs, cases, values;
  for (const Command &command : commands) {
    verbs += fmt::format("{}{}", verbs.empty() ? "" : " ", command.name);
    cases += fmt::format("    {}) flags=\"{}\"; words=\"{}\" ;;\n", command.name,
                         flagNames(command), positionalWords(command));
    for (const FlagSpec &flag : command.syntax.flags)
      if (flag.value == FlagValue::kChoice)
        values +=
            fmt::format("    {}:--{}) COMPREPLY=($(compgen -W \"{}\" -- \"$cur\")); return ;;\n",
                        command.name, flag.name, words(flag.valueName));
  }
  for (const FlagSpec &flag : globalFlags())
    if (flag.value == FlagValue::kChoice)
      values += fmt::format("    *:--{}) COMPREPLY=($(compgen -W \"{}\" -- \"$cur\")); return ;;\n",
                            flag.name, words(flag.valueName));
  return fmt::format(R"sh(# bash completion of hotloop: eval "$(hotloop completion bash)"
_hotloop() {{
  local cur prev verb flags words i
  COMPREPLY=()
  cur="${{COMP_WORDS[COMP_CWORD]}}"
  prev="${{COMP_WORDS[COMP_CWORD-1]}}"
  verb=""
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "${{COMP_WORDS[i]}}" in
    --) compopt -o default; return ;;
    -*) ;;
    *) verb="${{COMP_WORDS[i]}}"; break ;;
    esac
  done
  case "$verb" in
    "") COMPREPLY=($(compgen -W "{} --help --version" -- "$cur")); return ;;
{}    *) return ;;
  esac
  case "$verb:$prev" in
{}    *:--output|*:-o) compopt -o default; return ;;
  esac
  if [[ "$cur" == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$cur"))
  elif [[ -n "$words" ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  else
    compopt -o default
  fi
}}
complete -F _hotloop hotloop
)sh",
                     verbs, cases, values);
}

} // namespace hotloop::cli
