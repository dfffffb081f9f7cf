#pragma once

#include <span>
#include <string>

#include "core/base/result.h"
#include "core/store/schema.h"
#include "core/store/sqlite_handle.h"

namespace hotloop {

// One step from format `from` to the next. `apply` works inside a transaction on a private copy;
// user_version is set by the caller.
struct Migration {
  int from = 0;
  Result<void> (*apply)(sqlite3 *connection, const std::string &path) = nullptr;
};

// Every step of this version of hotloop, oldest first. Format 1 is the first one.
std::span<const Migration> migrations();

// Takes the open file from format `version` to `target`, one step after the other, in one
// transaction. Error kUnsupported when a step is missing.
Result<void> migrate(sqlite3 *connection, const std::string &path, int version, int target,
                     std::span<const Migration> steps);

} // namespace hotloop
