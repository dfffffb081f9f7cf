#include "cli/completion/completion.h"

namespace hotloop::cli {

namespace {

// bash parts words at '=' and ':'; they are put together again, and of the answer only what comes
// after the last of them is inserted.
constexpr std::string_view kBash =
    R"sh(# bash completion of hotloop: eval "$(hotloop completion bash)"
_hotloop() {
  local -a words=()
  local word glue=0 i line typed part flags
  COMPREPLY=()
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word="${COMP_WORDS[i]}"
    if [[ ($word == [=:]* || $glue == 1) && ${#words[@]} -gt 0 ]]; then
      words[${#words[@]}-1]+="$word"
    else
      words+=("$word")
    fi
    glue=0
    [[ $word == [=:] ]] && glue=1
  done
  typed="${words[${#words[@]}-1]}"
  part="${typed%"${typed##*[=:]}"}"
  while IFS= read -r line; do
    case "$line" in
    :*) flags="$line" ;;
    ?*) line="${line%%$'\t'*}"; COMPREPLY+=("${line#"$part"}") ;;
    esac
  done < <("${COMP_WORDS[0]/#\~/$HOME}" __complete "${words[@]}" 2>/dev/null)
  [[ "$flags" == *nospace* ]] && compopt -o nospace
  [[ "$flags" == *files* ]] && compopt -o default
  return 0
}
complete -F _hotloop hotloop
)sh";

constexpr std::string_view kZsh = R"sh(#compdef hotloop
# zsh completion of hotloop: eval "$(hotloop completion zsh)", or save it as _hotloop on fpath
_hotloop() {
  local -a found shown
  local line flags word
  for line in "${(@f)$("${(Q)words[1]}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
    :*) flags=$line ;;
    ?*)
      word=${line%%$'\t'*}
      found+=("$word")
      [[ $line == *$'\t'* ]] && shown+=("$word  -- ${line#*$'\t'}") || shown+=("$word") ;;
    esac
  done
  if (( $#found )); then
    if [[ $flags == *nospace* ]]; then
      compadd -S '' -l -d shown -- "${found[@]}"
    else
      compadd -l -d shown -- "${found[@]}"
    fi
  fi
  [[ $flags == *files* ]] && _files
}
compdef _hotloop hotloop
)sh";

constexpr std::string_view kFish =
    R"sh(# fish completion of hotloop: hotloop completion fish | source
function __hotloop_complete
  set -l before (commandline -opc)
  set -l typed (commandline -ct)
  set -l program $before[1]
  set -e before[1]
  for line in ($program __complete $before "$typed" 2>/dev/null)
    switch $line
      case ':*files*'
        __fish_complete_path "$typed"
      case ':*'
      case '*'
        echo $line
    end
  end
end
complete -c hotloop -f -a '(__hotloop_complete)'
)sh";

} // namespace

std::string_view completionScript(std::string_view shell) {
  if (shell == "bash") return kBash;
  if (shell == "zsh") return kZsh;
  return shell == "fish" ? kFish : std::string_view();
}

} // namespace hotloop::cli
