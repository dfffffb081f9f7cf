#pragma once

#include <string>

#include "core/store/sqlite_handle.h"

namespace hotloop {

// meta.state as a reader should see it: "running" becomes "truncated" when the writer is gone.
Result<std::string> readRunState(sqlite3 *connection, const std::string &path);

} // namespace hotloop
