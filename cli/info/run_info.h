#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
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

struct DeviceInfo {
  std::int64_t ordinal = 0;
  std::string name;
};

// What `hotloop info` says of a run, read without loading its events, or of a trace of another
// tool, read whole.
struct RunInfo {
  std::string file;
  std::string format = "hotloop"; // or as ImportReport has it
  std::string description;        // of a foreign file: which tool, which generation
  std::int64_t events = 0;        // rows of event tables
  std::int64_t eventsInFile = 0;  // of a foreign file, kept or not; 0: a run file
  std::int64_t steps = 0;         // found; of a run file, stored
  std::vector<DeviceInfo> devices;
  RunSummary summary;
  std::vector<ProcessInfo> processes; // by id
  std::vector<QualityNote> quality;   // worst first
  double seconds = 0;                 // from start to end of the recording; 0 unknown

  // The value of a meta key, or "".
  std::string meta(std::string_view key) const;
  std::int64_t rows(std::string_view table) const;
};

Result<RunInfo> readRunInfo(const std::string &path);
// Of a file that importTrace() reads.
Result<RunInfo> readForeignInfo(const CommandContext &context, const std::string &path);

} // namespace hotloop::cli
