#include "gui/data/run_document.h"

#include <algorithm>
#include <malloc.h>

#include "core/report/text_layout.h"
#include "core/store/column_scan.h"
#include "core/store/run_reader.h"
#include "gui/data/trace/trace_cache.h"

namespace hotloop::gui {
namespace {

std::vector<QualityLine> qualityLines(const TraceView &trace, const Analysis &analysis,
                                      const Trace &timeline) {
  std::vector<QualityLine> lines;
  const QualityColumns &stored = trace->quality;
  for (std::size_t i = 0; i < stored.name.size(); ++i) {
    lines.push_back({stored.severity[i], printable(trace.text(stored.message[i]))});
  }
  for (const QualityRow &row : analysis.extraQuality) {
    lines.push_back({row.severity, printable(analysis.extraStrings.text(row.message))});
  }
  for (const TraceProblem &problem : timeline.problems) {
    lines.push_back({Severity::kNotice, std::to_string(problem.count) + " " + problem.sentence});
  }
  std::stable_sort(lines.begin(), lines.end(), [](const QualityLine &a, const QualityLine &b) {
    return a.severity > b.severity;
  });
  // The recorder and the analysis may say the same.
  const auto same = [](const QualityLine &a, const QualityLine &b) {
    return a.message == b.message;
  };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    lines.erase(std::remove_if(lines.begin() + static_cast<std::ptrdiff_t>(i) + 1, lines.end(),
                               [&](const QualityLine &line) { return same(line, lines[i]); }),
                lines.end());
  }
  return lines;
}

// Steps that only the analysis knows (found by repetition, or from ranges) and which are steady.
TracePtr withSteps(const TracePtr &trace, const Analysis &analysis) {
  const Steps &found = analysis.stepTable;
  if (found.all.empty()) return trace;
  auto copy = std::make_shared<Trace>(*trace);
  copy->steps.clear();
  for (const Step &step : found.all) {
    copy->steps.push_back({step.start.count - trace->origin, step.end.count - trace->origin,
                           step.number, step.steady});
  }
  return copy;
}

} // namespace

std::string_view RunDocument::metaValue(std::string_view key) const {
  const auto found = meta.find(key);
  return found == meta.end() ? std::string_view() : std::string_view(found->second);
}

Result<RunDocumentPtr> openTimeline(const std::string &path, const LoadOptions &options) {
  auto document = std::make_shared<RunDocument>();
  document->path = path;
  {
    HOTLOOP_ASSIGN(ColumnScan scan, ColumnScan::open(path));
    HOTLOOP_ASSIGN(document->meta, scan.meta());
  }
  if ((document->trace = loadCachedTrace(path)) == nullptr) {
    HOTLOOP_ASSIGN(document->trace, loadTrace(path, options));
    document->fresh = true;
  }
  return RunDocumentPtr(std::move(document));
}

void keepTimeline(const RunDocument &document) {
  if (document.fresh) storeCachedTrace(document.path, *document.trace);
}

Result<RunDocumentPtr> withAnalysis(const RunDocumentPtr &document, const std::stop_token &stop) {
  auto full = std::make_shared<RunDocument>();
  full->path = document->path;
  full->meta = document->meta;
  {
    HOTLOOP_ASSIGN(const TraceView trace, loadRun(document->path, stop));
    AnalysisOptions options;
    options.plan = true;
    options.stop = stop;
    HOTLOOP_ASSIGN(full->analysis, analyze(trace, options));
    full->qualityLines = qualityLines(trace, full->analysis, *document->trace);
    full->models = makeModels(trace, full->analysis, stop);
    if (stop.stop_requested())
      return Unexpected(Error{ErrorKind::kBusy, document->path + ": the analysis was stopped"});
  }
  full->trace = withSteps(document->trace, full->analysis);
  full->analysed = true;
  malloc_trim(0); // the columns of the whole run are gone
  return RunDocumentPtr(std::move(full));
}

Result<RunDocumentPtr> openRun(const std::string &path) {
  HOTLOOP_ASSIGN(const RunDocumentPtr timeline, openTimeline(path));
  keepTimeline(*timeline);
  return withAnalysis(timeline);
}

} // namespace hotloop::gui
