#pragma once

#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "analyzers/analysis.h"
#include "core/base/result.h"
#include "core/trace/trace_view.h"
#include "gui/data/run_models.h"
#include "gui/data/trace/trace.h"
#include "gui/data/trace/trace_load.h"

namespace hotloop::gui {

struct QualityLine {
  Severity severity = Severity::kNotice;
  std::string message; // printable
};

using MetaMap = std::map<std::string, std::string, std::less<>>;

// What a window shows: one run and what was found out about it. Immutable once made, so that pages
// and jobs share it without locks. The events come first (`trace`), the analysis later: until then
// `analysed` is false and everything below it is empty.
struct RunDocument {
  std::string path; // as the user gave it
  MetaMap meta;
  TracePtr trace;     // never null
  bool fresh = false; // read from the run, not from what was kept of it
  bool analysed = false;
  Analysis analysis;
  std::vector<QualityLine> qualityLines; // of the file and of the analysis, worst first
  RunModels models;

  // "" when the run has no such key.
  std::string_view metaValue(std::string_view key) const;
};
using RunDocumentPtr = std::shared_ptr<const RunDocument>;

// The events alone, quickly: a document that is not analysed yet. May take a second. Errors: those
// of loadTrace(), as sentences for the user.
Result<RunDocumentPtr> openTimeline(const std::string &path, const LoadOptions &options = {});

// Keeps the events of a fresh document for the next time, see trace_cache.h: a fifth of a second
// for ten million of them, so after they are shown.
void keepTimeline(const RunDocument &document);

// The same document with the analysis, which reads the whole run: some seconds and memory for large
// ones, given back before it returns. An error soon after `stop` asked for it.
Result<RunDocumentPtr> withAnalysis(const RunDocumentPtr &document,
                                    const std::stop_token &stop = {});

// Both.
Result<RunDocumentPtr> openRun(const std::string &path);

} // namespace hotloop::gui
