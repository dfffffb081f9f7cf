#pragma once

#include <span>
#include <string>

#include "cli/surroundings.h"

namespace hotloop::cli {

// The whole program but for its process: finds the command among `words` (those after the program's
// name), parses, runs, prints errors; returns the exit code.
int runCli(std::span<const std::string> words, const Surroundings &surroundings);

// The same for main().
int runProcess(int argc, char **argv);

} // namespace hotloop::cli
