#pragma once

#include <span>
#include <string>

#include "cli/command.h"

// Completion scripts, made from the list of commands: verbs, flags, values of choices, file names.
namespace hotloop::cli {

std::string bashCompletion(std::span<const Command> commands);
std::string zshCompletion(std::span<const Command> commands);
std::string fishCompletion(std::span<const Command> commands);

} // namespace hotloop::cli
