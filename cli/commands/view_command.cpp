#include "cli/commands/view_command.h"

#include <cerrno>

#include <unistd.h>

#include "cli/program_path.h"

namespace hotloop::cli {

namespace {

constexpr const char *kViewer = "hotloop-gui";

Result<int> run(const CommandContext &context) {
  const std::string path = findBesideOrOnPath(kViewer, context.surroundings);
  if (path.empty())
    return Unexpected(
        notFound("hotloop view runs the program hotloop-gui, which is not installed: build it with "
                 "HOTLOOP_WITH_GUI=ON (it needs Qt 6), or put its folder on PATH"));
  std::vector<char *> words{const_cast<char *>(kViewer)};
  for (const std::string &word : context.arguments.trailing)
    words.push_back(const_cast<char *>(word.c_str()));
  words.push_back(nullptr);
  execv(path.c_str(), words.data());
  return Unexpected(systemError(errno, "cannot run " + path));
}

} // namespace

Command viewCommand() {
  return {"view",
          "open a run in the viewer (the program hotloop-gui)",
          {{}, {{"RUN", false, false, true, {}}}, Trailing::kPassThrough},
          run};
}

} // namespace hotloop::cli
