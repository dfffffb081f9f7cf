#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command statsCommand();

} // namespace hotloop::cli
