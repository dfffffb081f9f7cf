#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command selftestGateCommand();

} // namespace hotloop::cli
