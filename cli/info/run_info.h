#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/report/report.h"
#include "core/store/run_reader.h"

namespace hotloop::cli {

struct ProcessInfo {
  std::int64_t osPid = 0;
  std::string name;
  std::string commandLine;
  std::int64_t exitStatus = -1; // -1 unknown
  std::int64_t rank = -1;       // -1 none
  std::int64_t threads = 0;
};

// What `hotloop info` says of a run; read without loading its events.
struct RunInfo {
  std::string file;
  RunSummary summary;
  std::vector<ProcessInfo> processes; // by id
  std::vector<QualityNote> quality;   // worst first
  double seconds = 0;                 // from start to end of the recording; 0 unknown

  // The value of a meta key, or "".
  std::string meta(std::string_view key) const;
  std::int64_t rows(std::string_view table) const;
};

Result<RunInfo> readRunInfo(const std::string &path);

} // namespace hotloop::cli
