#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command recordCommand();

} // namespace hotloop::cli
