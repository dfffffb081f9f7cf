#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command infoCommand();

} // namespace hotloop::cli
