#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command sweepCommand();

} // namespace hotloop::cli
