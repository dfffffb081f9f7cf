#pragma once

#include <string>

#include "core/base/result.h"

namespace hotloop {

// What the first bytes of a file, decompressed, say it is. Names of files mean nothing.
enum class FileContent {
  kRun,           // a file of hotloop itself
  kCompressedRun, // gzip of one; SQLite reads files, not streams
  kSqlite,        // other SQLite; an export of Nsight Systems has a table StringIds
  kPickle,        // as memory snapshots of torch are
  kJson,          // as traces of torch.profiler are
  kOther,         // refusal() tells
};

struct FileBeginning {
  std::string bytes; // decompressed
  bool compressed = false;
};

// Errors: as ByteSource::open(); cannot be decompressed.
Result<FileBeginning> readBeginning(const std::string &path);

FileContent contentOf(const FileBeginning &beginning);

// Why no part of hotloop reads this file (kCompressedRun, kOther), and what to do.
Error refusal(const std::string &path, const FileBeginning &beginning);

// For who needs a run file and was given something else: what it is, and how it becomes a run.
// `isNsys`: whether an SQLite file is an export of Nsight Systems.
Error notRunError(const std::string &path, const FileBeginning &beginning, bool isNsys = false);

} // namespace hotloop
