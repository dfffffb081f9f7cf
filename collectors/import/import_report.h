#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace hotloop {

// How far an import is, in bytes of the file (compressed where it is).
struct ImportProgress {
  std::uint64_t bytesDone = 0;
  std::uint64_t bytesTotal = 0;
  std::int64_t events = 0;
};

struct ImportOptions {
  // Called now and then from the importing thread; may be empty.
  std::function<void(const ImportProgress &)> progress;
};

// What an import read.
struct ImportReport {
  std::string format;         // "kineto", "nsys", "memory_snapshot"
  std::string description;    // a few words for people: which tool, which generation
  std::int64_t events = 0;    // of the file, kept or not
  std::uint64_t bytes = 0;    // of the uncompressed file
  bool truncated = false;     // the file broke off; what came before is here
  std::int32_t rank = -1;     // of a distributed job; -1 not told
  std::int32_t worldSize = 0; // 0 not told
};

} // namespace hotloop
