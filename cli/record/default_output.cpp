#include "cli/record/default_output.h"

#include <cctype>
#include <filesystem>

#include <fmt/format.h>

namespace hotloop::cli {

namespace fs = std::filesystem;

std::string runName(const std::vector<std::string> &command) {
  if (command.empty()) return "run";
  std::string name = fs::path(command[0]).filename().string();
  if (name.starts_with("python")) {
    for (std::size_t i = 1; i < command.size(); ++i) {
      if (command[i] == "-m" && i + 1 < command.size()) {
        name = command[i + 1];
        break;
      }
      if (command[i].ends_with(".py")) {
        name = fs::path(command[i]).stem().string();
        break;
      }
    }
  }
  std::string safe;
  for (const char c : name) {
    const bool plain =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
    safe += plain ? c : '_';
  }
  return safe.empty() ? "run" : safe.substr(0, 60);
}

std::string defaultRunFile(const std::vector<std::string> &command) {
  const std::string name = runName(command);
  std::error_code ignored;
  for (int number = 1;; ++number) {
    std::string file = fmt::format("hotloop-{}-{}.hotloop", name, number);
    if (!fs::exists(file, ignored)) return file;
  }
}

} // namespace hotloop::cli
