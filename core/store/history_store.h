#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace hotloop {

// What is remembered of a run: kilobytes, where the run itself may have gigabytes.
struct HistoryEntry {
  std::int64_t start = 0; // ns since 1970; 0 unknown
  std::string file;       // as it was named when it was added
  std::string command, commit, deviceClass;
  std::int64_t steps = 0;               // steady ones
  std::map<std::string, double> values; // by metric: "step.body" in ms, "host_syncs" per step
};

// A database of runs (`--db`): an SQLite file of its own kind, made when the first entry comes. An
// entry of the same start, command and file is replaced. Safe beside other writers. Errors: a run
// file or another database, not writable, locked.
Result<void> addToHistory(const std::string &path, const std::vector<HistoryEntry> &entries);
// By start. Errors: missing, no database of runs, of a newer version, damaged.
Result<std::vector<HistoryEntry>> readHistory(const std::string &path);

} // namespace hotloop
