#include "cli/run_viewer.h"

#include <cerrno>

#include <unistd.h>

#include "cli/program_path.h"

namespace hotloop::cli {

Result<int> runViewer(const CommandContext &context, std::string_view verb,
                      const std::vector<std::string> &first) {
  constexpr const char *kViewer = "hotloop-gui";
  const std::string path = findBesideOrOnPath(kViewer, context.surroundings);
  if (path.empty())
    return Unexpected(notFound("hotloop " + std::string(verb) +
                               " runs the program hotloop-gui, which is not installed: build it "
                               "with HOTLOOP_WITH_GUI=ON (it needs Qt 6), or put its folder on "
                               "PATH"));
  std::vector<char *> words{const_cast<char *>(kViewer)};
  for (const std::string &word : first) words.push_back(const_cast<char *>(word.c_str()));
  for (const std::string &word : context.arguments.trailing)
    words.push_back(const_cast<char *>(word.c_str()));
  words.push_back(nullptr);
  execv(path.c_str(), words.data());
  return Unexpected(systemError(errno, "cannot run " + path));
}

} // namespace hotloop::cli
