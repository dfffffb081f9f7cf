#include "cli/commands/view_command.h"

#include "cli/run_viewer.h"

namespace hotloop::cli {

namespace {

Result<int> run(const CommandContext &context) { return runViewer(context, "view", {}); }

} // namespace

Command viewCommand() {
  return {"view",
          "open runs in the viewer (the program hotloop-gui)",
          {{}, {{"RUN", false, true, true, {}}}, Trailing::kPassThrough},
          run};
}

} // namespace hotloop::cli
