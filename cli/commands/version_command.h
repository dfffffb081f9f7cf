#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command versionCommand();

} // namespace hotloop::cli
