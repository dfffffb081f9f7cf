#include "cli/command.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <ostream>

#include <fmt/format.h>

namespace hotloop::cli {

std::string CommandContext::format() const {
  return arguments.has("json") ? "json" : arguments.text("format", "text");
}

Result<void> CommandContext::emit(std::string_view result) const {
  const std::string path = arguments.text("output", "-");
  if (path == "-") {
    *surroundings.out << result;
    return {};
  }
  std::error_code ignored;
  // A device or a pipe is there to be written to.
  const bool regular = std::filesystem::is_regular_file(path, ignored);
  if (regular && !arguments.has("force"))
    return Unexpected(invalidInput(fmt::format(
        "{} exists and is left as it is; give --force to replace it, or another --output", path)));
  errno = 0;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << result;
  file.close();
  if (!file)
    return Unexpected(systemError(errno != 0 ? errno : EIO, fmt::format("cannot write {}", path)));
  return {};
}

void CommandContext::note(std::string_view line) const {
  if (verbosity >= 0) *surroundings.err << line << '\n';
}

} // namespace hotloop::cli
