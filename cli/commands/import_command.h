#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command importCommand();

} // namespace hotloop::cli
