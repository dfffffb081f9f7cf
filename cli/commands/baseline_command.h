#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command baselineCommand();

} // namespace hotloop::cli
