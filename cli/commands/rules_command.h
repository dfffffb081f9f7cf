#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command rulesCommand();

} // namespace hotloop::cli
