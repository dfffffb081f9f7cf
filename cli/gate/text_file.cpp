#include "cli/gate/text_file.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

namespace hotloop::cli {

std::string tomlQuoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\u{:04X}", byte);
    else
      out += c;
  }
  return out + "\"";
}

Result<std::string> readTextFile(const std::string &path) {
  errno = 0;
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    return Unexpected(invalidInput(path + " is a folder; name a file"));
  std::ifstream file(path, std::ios::binary);
  if (!file) return Unexpected(systemError(errno != 0 ? errno : ENOENT, "cannot read " + path));
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

} // namespace hotloop::cli
