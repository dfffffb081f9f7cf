#pragma once

#include <string_view>

// Completion scripts: they hand the words of the command line to `hotloop __complete`
// (complete.h), so that they know every command, flag and value of the program that is installed.
namespace hotloop::cli {

// Empty for another shell than bash, zsh or fish.
std::string_view completionScript(std::string_view shell);

} // namespace hotloop::cli
