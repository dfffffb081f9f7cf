#include "cli/commands/render_command.h"

#include "cli/run_viewer.h"

namespace hotloop::cli {

namespace {

Result<int> run(const CommandContext &context) {
  return runViewer(context, "render", {"--headless"});
}

} // namespace

Command renderCommand() {
  return {"render",
          "draw a page of the viewer into a PNG or SVG file, without a display",
          {{}, {{"RUN", true, true, true, {}}}, Trailing::kPassThrough},
          run};
}

} // namespace hotloop::cli
