#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command exportCommand();

} // namespace hotloop::cli
