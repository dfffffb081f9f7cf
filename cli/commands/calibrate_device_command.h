#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command calibrateDeviceCommand();

} // namespace hotloop::cli
