#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command calibrateCommand();

} // namespace hotloop::cli
