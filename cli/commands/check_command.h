#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command checkCommand();

} // namespace hotloop::cli
