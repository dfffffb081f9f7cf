#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/trace/trace_view.h"

namespace hotloop {

// Loads a whole run. A file that is still being written, or whose writer died, is read up to its
// last commit; meta.state then says "running" or "truncated" and a quality row says so in a
// sentence. The file is never changed; an older format is migrated on a temporary copy. Errors:
// missing, not a hotloop file, newer format, damaged, locked; `stop` asked, which is looked at
// about every hundredth of a second.
Result<TraceView> loadRun(const std::string &path, const std::stop_token &stop = {});

// What can be told of a run without loading it.
struct RunSummary {
  int formatVersion = 0;
  std::uint64_t fileBytes = 0;
  std::vector<std::pair<std::string, std::string>> meta; // sorted by key; state as loadRun gives it
  std::vector<std::pair<std::string, std::int64_t>> rows; // per table, schema order
};
Result<RunSummary> summarizeRun(const std::string &path);

} // namespace hotloop
