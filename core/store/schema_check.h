#pragma once

#include <string>

#include "core/store/sqlite_handle.h"

namespace hotloop {

// Does the open file have every table of this format, as a plain STRICT table with the columns and
// types that the loader relies on? Error kCorrupt names what differs. Views and further tables are
// not looked at.
Result<void> checkSchema(sqlite3 *connection, const std::string &path);

} // namespace hotloop
