#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command whatifCommand();

} // namespace hotloop::cli
