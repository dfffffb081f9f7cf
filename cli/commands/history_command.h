#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command historyCommand();

} // namespace hotloop::cli
