#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command helpCommand();

} // namespace hotloop::cli
