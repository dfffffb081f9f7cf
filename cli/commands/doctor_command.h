#pragma once

#include "cli/command.h"

namespace hotloop::cli {

Command doctorCommand();

} // namespace hotloop::cli
