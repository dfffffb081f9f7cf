#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/base/result.h"
#include "core/store/migrations.h"
#include "core/store/sqlite_handle.h"
#include "core/store/temporary_folder.h"

namespace hotloop {

// What the first bytes of a file tell, without SQLite.
struct FileHeader {
  bool isSqlite = false;
  bool isRun = false; // application_id is ours
  int version = 0;    // user_version
  std::uint64_t fileBytes = 0;
};
// Errors: missing, a folder, not readable, empty.
Result<FileHeader> readFileHeader(const std::string &path);

// Is the writer of that run alive? False when it cannot be told.
bool isBeingRecorded(const std::string &path);

// An SQLite file opened for reading. Where SQLite cannot read it in place without changing it (a
// left-over journal in a folder that is not writable, a migration), it is a copy in a temporary
// folder that goes with this object.
struct OpenFile {
  TemporaryFolder folder; // empty unless copied; outlives the connection
  Connection connection;
  FileHeader header;
};

// Any SQLite file. Errors: missing, not SQLite, damaged, locked.
Result<OpenFile> openSqliteFile(const std::string &path);

// A run file of format `version`; an older one is migrated on a copy by `steps`. Errors: also not a
// hotloop file, a newer format.
Result<OpenFile> openRunFile(const std::string &path,
                             std::span<const Migration> steps = migrations(),
                             int version = kFormatVersion);

} // namespace hotloop
