#include "gui/data/run_document.h"

#include <algorithm>

#include "core/report/text_layout.h"
#include "core/store/run_reader.h"

namespace hotloop::gui {

std::vector<QualityLine> RunDocument::quality() const {
  std::vector<QualityLine> lines;
  const QualityColumns &stored = trace->quality;
  for (std::size_t i = 0; i < stored.name.size(); ++i) {
    lines.push_back({stored.severity[i], printable(trace.text(stored.message[i]))});
  }
  for (const QualityRow &row : analysis.extraQuality) {
    lines.push_back({row.severity, printable(analysis.extraStrings.text(row.message))});
  }
  std::stable_sort(lines.begin(), lines.end(), [](const QualityLine &a, const QualityLine &b) {
    return a.severity > b.severity;
  });
  return lines;
}

Result<RunDocumentPtr> openRun(const std::string &path) {
  HOTLOOP_ASSIGN(TraceView trace, loadRun(path));
  HOTLOOP_ASSIGN(Analysis analysis, analyze(trace));
  return RunDocumentPtr(
      std::make_shared<RunDocument>(RunDocument{path, std::move(trace), std::move(analysis)}));
}

} // namespace hotloop::gui
