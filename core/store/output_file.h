#pragma once

#include <string>

#include "core/base/result.h"

namespace hotloop {

// Makes `path` an empty file of ours. An existing file is an error unless `overwrite`; and even
// then it must be a run file, or empty, that nobody records into. Errors say which of these it was,
// or that the folder is missing or read-only.
Result<void> createOutputFile(const std::string &path, bool overwrite);

// Removes a run file with what SQLite keeps beside it. Missing files are fine.
void removeRunFile(const std::string &path);

} // namespace hotloop
