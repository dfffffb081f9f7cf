#pragma once

#include <memory>
#include <string>
#include <vector>

#include "analyzers/analysis.h"
#include "core/base/result.h"
#include "core/trace/trace_view.h"

namespace hotloop::gui {

struct QualityLine {
  Severity severity = Severity::kNotice;
  std::string message; // printable
};

// What a window shows: one run and what was found out about it. Immutable once made, so that pages
// and jobs share it without locks.
struct RunDocument {
  std::string path; // as the user gave it
  TraceView trace;
  Analysis analysis;

  // Rows of the file and of the analysis, worst first.
  std::vector<QualityLine> quality() const;
};
using RunDocumentPtr = std::shared_ptr<const RunDocument>;

// Loads and analyses a run; may take seconds, so a window calls it in a job. Errors: those of
// loadRun() and analyze(), as sentences for the user.
Result<RunDocumentPtr> openRun(const std::string &path);

} // namespace hotloop::gui
