#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command bisectCommand();

} // namespace hotloop::cli
