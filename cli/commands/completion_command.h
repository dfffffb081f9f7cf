#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command completionCommand();

} // namespace hotloop::cli
