#include "gui/data/summary.h"

#include <optional>

#include "core/report/number_format.h"
#include "core/report/text_layout.h"
#include "core/trace/meta_keys.h"

namespace hotloop::gui {

std::vector<SummaryTile> summaryTiles(const RunDocument &document) {
  const StepSummary &steps = document.analysis.steps;
  const PerStep &counts = document.analysis.perStep;
  std::vector<SummaryTile> tiles;
  if (steps.steady == 0) return tiles;
  tiles.push_back({"step time", formatDuration(steps.duration),
                   "p10 " + formatDuration(steps.p10) + ", p90 " + formatDuration(steps.p90)});

  const bool would = counts.felt == Felt::kWould;
  const std::string wouldBe = would ? "would-be " : "";
  const std::string wouldNote = would ? "per step, on a GPU" : "per step";
  auto add = [&](const std::string &label, const std::optional<double> &count,
                 const std::string &note) {
    if (count) tiles.push_back({label, formatCount(*count), note});
  };
  add("operators", counts.operators, "per step");
  add(wouldBe + "launches", counts.launches, wouldNote);
  add("graph launches", counts.graphLaunches, "per step");
  add("kernels", counts.kernels, "per step");
  add(wouldBe + "host syncs", counts.hostSyncs, wouldNote);
  add("copies", counts.copies, "per step");
  const double bytes = counts.allocatedBytes.value_or(0);
  add("allocations", counts.allocations, bytes > 0 ? formatBytes(bytes) + " per step" : "per step");
  return tiles;
}

std::string stepsSentence(const RunDocument &document) {
  const StepSummary &steps = document.analysis.steps;
  if (steps.steady == 0) {
    return steps.whyNone.empty() ? "No step of this run is steady." : printable(steps.whyNone);
  }
  std::string text = formatCount(static_cast<double>(steps.total)) + " steps, " +
                     formatCount(static_cast<double>(steps.steady)) + " steady";
  if (steps.period.count > 0) text += ", one every " + formatDuration(steps.period);
  return text;
}

std::string documentTitle(const RunDocument &document) {
  const std::string &path = document.path;
  std::string title = printable(path.substr(path.rfind('/') + 1)); // npos + 1 is 0
  const std::string_view state = document.metaValue(meta_key::kState);
  if (!state.empty() && state != "clean") title += " (" + printable(state) + ")";
  return title;
}

std::string emptyFindingsSentence(const RunDocument &document) {
  const Analysis &analysis = document.analysis;
  if (!analysis.findings.empty() || !analysis.unresolved.empty() || !analysis.notWorth.empty())
    return {};
  return analysis.steps.steady > 0
             ? "Nothing found that holds the loop back."
             : "No findings: rules look at steady steps, and this run has none.";
}

} // namespace hotloop::gui
