#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command adviseCommand();

} // namespace hotloop::cli
