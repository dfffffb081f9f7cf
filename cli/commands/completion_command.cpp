#include "cli/commands/completion_command.h"

#include "cli/arguments/common_flags.h"
#include "cli/completion/completion.h"

namespace hotloop::cli {

namespace {

Result<int> run(const CommandContext &context) {
  HOTLOOP_TRY(context.emit(completionScript(context.arguments.positionals[0])));
  return kExitOk;
}

} // namespace

Command completionCommand() {
  return {"completion",
          "a script that completes commands and flags in your shell",
          {{kOutputFlag, kForceFlag}, {{"SHELL", true, false, false, "bash|zsh|fish"}}},
          run};
}

} // namespace hotloop::cli
