#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace hotloop::cli {

// The whole file. Errors: missing, a folder, not readable.
Result<std::string> readTextFile(const std::string &path);

// A text as a TOML basic string, with its quotes.
std::string tomlQuoted(std::string_view text);

} // namespace hotloop::cli
