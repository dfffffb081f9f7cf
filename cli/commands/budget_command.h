#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command budgetCommand();

} // namespace hotloop::cli
