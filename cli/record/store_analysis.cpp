#include "cli/record/store_analysis.h"

#include "analyzers/analysis.h"
#include "analyzers/results.h"
#include "core/store/result_store.h"
#include "core/store/run_reader.h"

namespace hotloop::cli {

Result<StoredAnalysis> storeAnalysis(const std::string &path) {
  HOTLOOP_ASSIGN(const TraceView trace, loadRun(path));
  HOTLOOP_ASSIGN(const Analysis analysis, analyze(trace));
  HOTLOOP_TRY(storeResults(path, [&](TraceSink &sink) { storeResults(trace, analysis, sink); }));
  return StoredAnalysis{analysis.steps.total, analysis.steps.steady};
}

} // namespace hotloop::cli
