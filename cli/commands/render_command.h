#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command renderCommand();

} // namespace hotloop::cli
