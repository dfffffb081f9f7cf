#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command queryCommand();

} // namespace hotloop::cli
