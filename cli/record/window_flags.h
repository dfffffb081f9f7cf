#pragma once

#include "cli/arguments/arguments.h"
#include "collectors/inject/recorder.h"

namespace hotloop::cli {

// --window A:B, --delay S, --duration S, --range NAME. Errors: what is wrong with which flag.
Result<RecordWindow> windowOf(const Arguments &arguments);

} // namespace hotloop::cli
