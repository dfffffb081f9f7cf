#pragma once

#include <string>

#include "cli/surroundings.h"
#include "core/base/result.h"

namespace hotloop::cli {

// The program `name` beside this one, else on PATH; empty when it is nowhere.
std::string findBesideOrOnPath(const std::string &name, const Surroundings &surroundings);

// The file that running `name` would execute: itself when it has a slash, else the first executable
// on PATH. Errors: kNotFound, or kPermission when there is such a file but it cannot be executed
// (or is a folder).
Result<std::string> resolveProgram(const std::string &name, const Surroundings &surroundings);

} // namespace hotloop::cli
