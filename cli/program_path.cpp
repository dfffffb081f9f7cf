#include "cli/program_path.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

namespace hotloop::cli {

namespace {

namespace fs = std::filesystem;

bool isFile(const std::string &path) {
  std::error_code ignored;
  return fs::exists(path, ignored) && !fs::is_directory(path, ignored);
}

bool isExecutable(const std::string &path) {
  return isFile(path) && access(path.c_str(), X_OK) == 0;
}

// An empty entry of PATH is the current folder.
std::vector<std::string> pathFolders(const Surroundings &surroundings) {
  const std::string path = surroundings.variable("PATH").value_or("/usr/local/bin:/usr/bin:/bin");
  std::vector<std::string> folders;
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    folders.push_back(end == begin ? "." : path.substr(begin, end - begin));
    begin = end + 1;
  }
  return folders;
}

} // namespace

std::string findBesideOrOnPath(const std::string &name, const Surroundings &surroundings) {
  const std::string beside = (fs::path(surroundings.executable).parent_path() / name).string();
  if (!surroundings.executable.empty() && isExecutable(beside)) return beside;
  for (const std::string &folder : pathFolders(surroundings))
    if (const std::string path = folder + "/" + name; isExecutable(path)) return path;
  return {};
}

Result<std::string> resolveProgram(const std::string &name, const Surroundings &surroundings) {
  auto refuse = [&](const std::string &path) {
    std::error_code ignored;
    const bool folder = fs::is_directory(path, ignored);
    return Unexpected(
        Error{ErrorKind::kPermission,
              folder ? fmt::format("{} is a folder, not a program", path)
                     : fmt::format("{} is not executable; chmod +x it, or name the interpreter "
                                   "that runs it (for instance python3 {})",
                                   path, path)});
  };
  if (name.find('/') != std::string::npos) {
    std::error_code ignored;
    if (!fs::exists(name, ignored))
      return Unexpected(notFound(fmt::format("the program {} does not exist", name)));
    return isExecutable(name) ? Result<std::string>(name) : refuse(name);
  }
  std::string found;
  for (const std::string &folder : pathFolders(surroundings)) {
    const std::string path = folder + "/" + name;
    if (isExecutable(path)) return path;
    if (found.empty() && isFile(path)) found = path;
  }
  if (!found.empty()) return refuse(found);
  const std::string here =
      isFile(name) ? fmt::format("; the one in this folder is ./{}", name) : "";
  return Unexpected(notFound(fmt::format("the program {} was not found on PATH{}", name, here)));
}

} // namespace hotloop::cli
