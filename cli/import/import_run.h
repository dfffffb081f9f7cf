#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collectors/import/import_trace.h"
#include "collectors/import/rank_clocks.h"
#include "core/base/result.h"

namespace hotloop::cli {

// One foreign file as a run file of its own.
struct ImportedRun {
  std::string path; // of the run file
  ImportReport report;
  std::uint64_t rows = 0;
  double seconds = 0;
};

// Reads `source` into a new run file at `path`; nothing is left of it when that fails. `clock`
// moves its times to those of the first rank. Errors: those of importTrace() and RunWriter.
Result<ImportedRun> importRun(const std::string &source, const std::string &path, bool overwrite,
                              const ImportOptions &options,
                              const std::optional<RankClock> &clock = {});

// trace.json.gz -> trace.hotloop, in the folder at hand.
std::string importedName(const std::string &source);

} // namespace hotloop::cli
