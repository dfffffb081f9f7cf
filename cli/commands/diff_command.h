#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command diffCommand();

} // namespace hotloop::cli
