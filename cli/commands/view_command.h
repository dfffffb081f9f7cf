#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command viewCommand();

} // namespace hotloop::cli
