#include "cli/surroundings.h"

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include <sys/ioctl.h>
#include <unistd.h>

namespace hotloop::cli {

namespace {

std::size_t terminalColumns() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char *columns = std::getenv("COLUMNS");
  const long given = columns == nullptr ? 0 : std::strtol(columns, nullptr, 10);
  return given > 0 && given < 10'000 ? static_cast<std::size_t>(given) : 0;
}

} // namespace

Surroundings processSurroundings() {
  Surroundings surroundings;
  surroundings.out = &std::cout;
  surroundings.err = &std::cerr;
  surroundings.outTerminal = isatty(STDOUT_FILENO) == 1;
  surroundings.errTerminal = isatty(STDERR_FILENO) == 1;
  surroundings.columns = terminalColumns();
  surroundings.variable = [](std::string_view name) -> std::optional<std::string> {
    const char *value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
  std::error_code ignored;
  surroundings.executable = std::filesystem::read_symlink("/proc/self/exe", ignored).string();
  return surroundings;
}

} // namespace hotloop::cli
