#include "collectors/torch/version.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace hotloop::torch_collector {
namespace {

// The first few KiB of a small file; "" when it cannot be read.
std::string read(const std::string &path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return {};
  }
  char buffer[8192];
  const ssize_t got = ::read(file, buffer, sizeof buffer);
  ::close(file);
  return got > 0 ? std::string(buffer, static_cast<std::size_t>(got)) : std::string();
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (!text.empty() && blank(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && blank(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

bool isVersionCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
         c == '+' || c == '-' || c == '_';
}

} // namespace

std::string versionOfPython(std::string_view source) {
  constexpr std::string_view kName = "__version__";
  for (std::size_t at = 0; (at = source.find(kName, at)) != std::string_view::npos;
       at += kName.size()) {
    if (at > 0 && source[at - 1] != '\n') {
      continue; // '__version__' in __all__
    }
    std::string_view line = source.substr(at + kName.size());
    line = line.substr(0, line.find('\n'));
    const std::size_t open = line.find_first_of("'\"");
    if (open == std::string_view::npos) {
      continue;
    }
    const std::size_t close = line.find(line[open], open + 1);
    if (close != std::string_view::npos) {
      return std::string(line.substr(open + 1, close - open - 1));
    }
  }
  return {};
}

std::string versionBeside(std::string_view libraryPath) {
  std::size_t slash = libraryPath.rfind('/');
  if (slash == std::string_view::npos) {
    return {};
  }
  const std::string above = std::string(libraryPath.substr(0, slash)) + "/../";
  std::string version = versionOfPython(read(above + "version.py"));
  if (version.empty()) {
    version = trimmed(read(above + "build-version"));
  }
  const bool plain =
      version.size() <= 64 && std::all_of(version.begin(), version.end(), isVersionCharacter);
  return plain ? version : std::string();
}

std::string_view release(std::string_view version) {
  const std::string_view number = version.substr(0, version.find('+'));
  int dots = 0;
  bool digit = false; // the character before was one
  for (const char c : number) {
    if (c == '.' && digit) {
      ++dots;
      digit = false;
    } else if (c >= '0' && c <= '9') {
      digit = true;
    } else {
      return {};
    }
  }
  return dots == 2 && digit ? number : std::string_view{};
}

} // namespace hotloop::torch_collector
