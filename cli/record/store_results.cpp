#include "cli/record/store_results.h"

#include "analyzers/analysis.h"
#include "core/store/run_reader.h"

namespace hotloop::cli {

Result<StoredResults> storeResults(const std::string &path) {
  HOTLOOP_ASSIGN(const TraceView trace, loadRun(path));
  HOTLOOP_ASSIGN(const Analysis analysis, analyze(trace));
  return StoredResults{analysis.steps.total, analysis.steps.steady};
}

} // namespace hotloop::cli
