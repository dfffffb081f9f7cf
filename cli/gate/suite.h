#pragma once

#include "cli/gate/gate_config.h"

namespace hotloop::cli {

// The suite that --suite names, else the first; nullptr where a program was given (-- PROGRAM) or
// the file has none. Error: there is no suite of that name.
Result<const Suite *> usedSuite(const CommandContext &context, const GateConfig &config);

} // namespace hotloop::cli
