#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command abCommand();

} // namespace hotloop::cli
