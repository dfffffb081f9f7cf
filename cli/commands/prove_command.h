#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command proveCommand();

} // namespace hotloop::cli
