#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/whatif/whatif_report.h"

namespace hotloop::cli {

namespace {

std::string outcome(const Prediction &prediction) {
  if (!prediction.abstained.empty()) return "cannot know: " + prediction.abstained;
  std::string text =
      fmt::format("{:+.1f} % [{:+.1f} .. {:+.1f}]  {:.3f} ms [{:.3f} .. {:.3f}]  trust {}",
                  -100 * prediction.gain, -100 * prediction.gainHigh, -100 * prediction.gainLow,
                  prediction.ms, prediction.lowMs, prediction.highMs, prediction.trust);
  if (prediction.belowResolution) text += "; below resolution";
  if (prediction.bound == Bound::kLower)
    text += "; the gain is at least that: source lines are not on record";
  if (prediction.bound == Bound::kUpper) text += "; the gain is at most that: the waits are dense";
  if (!prediction.note.empty()) text += ". " + prediction.note;
  return text;
}

std::string stepText(const WhatIfReport &report) {
  const ReplayBaseline &baseline = report.baseline;
  std::string text = fmt::format("step {:.3f} ms", baseline.ms);
  constexpr double kReached = 0.05;
  if (!report.unprofiledMs)
    text += " (estimated without the profiler's cost)";
  else if (std::abs(baseline.ms / *report.unprofiledMs - 1) <= kReached)
    text += " unprofiled";
  else
    text +=
        fmt::format(" as near as the replay gets to {:.3f} ms unprofiled", *report.unprofiledMs);
  text += fmt::format("; recorded {:.3f} ms, replayed {:.3f} ms ({:+.2f} %); host factor {:.2f}\n",
                      baseline.recordedMs, baseline.replayedMs, 100 * baseline.error,
                      baseline.hostFactor);
  text += fmt::format("bounds: {:.3f} ms with a free device, {:.3f} ms with a free host: {}\n",
                      baseline.hostOnlyMs, baseline.deviceOnlyMs,
                      baseline.hostBound ? "the host holds the step back"
                                         : "the device holds the step back");
  text += fmt::format("replayed: {} of {} steady steps, {} calls\n", report.templateSteps,
                      report.steps.steady, report.templateAnchors);
  return text;
}

std::string recommendationText(const Recommendation &recommendation) {
  if (recommendation.toggles.empty())
    return "recommended: nothing gives more than 0.5 % of the step\n";
  std::string text = "recommended, in this order\n";
  int number = 0;
  for (const RecommendedToggle &toggle : recommendation.toggles) {
    const std::string what =
        recommendation.isReference && !toggle.flag.empty() ? toggle.flag : toggle.advice;
    if (toggle.predicted)
      text += fmt::format("  {}. {}  {:+.3f} ms -> {:.3f} ms\n", ++number, what, -toggle.addsMs,
                          toggle.ms);
    else
      text += fmt::format("  also: {} (gain not known: {})\n", what, toggle.whyNone);
  }
  if (!recommendation.preset.empty())
    text += fmt::format("  nearest preset: --preset {}{}{}\n", recommendation.preset,
                        recommendation.presetDiffers.empty() ? "" : " but for --",
                        fmt::join(recommendation.presetDiffers, ", --"));
  if (!recommendation.command.empty()) text += fmt::format("  {}\n", recommendation.command);
  return text;
}

} // namespace

std::string whatIfText(const WhatIfReport &report, Style style) {
  std::string text = fmt::format("{}\n", style.bold(report.run.file));
  for (const QualityNote &note : report.quality) text += fmt::format("! {}\n", note.message);
  if (!report.whyNone.empty()) return text + "no prediction: " + report.whyNone + "\n";
  text += stepText(report);
  std::size_t width = 0;
  for (const FixAnswer &answer : report.fixes) width = std::max(width, answer.fix.size());
  text += report.survey ? "\nfixes alone (step time would change by)\n" : "\n";
  for (const FixAnswer &answer : report.fixes)
    text += fmt::format("  {:<{}}  {}\n", answer.fix, width, outcome(answer.prediction));
  if (report.fixes.size() > 1 && !report.stack.empty()) {
    text += "together, most valuable first (gains do not add up)\n";
    for (const WhatIf::Stacked &row : report.stack)
      text += fmt::format("  {:<{}}  {:+.3f} ms -> {:.3f} ms\n", report.fixes[row.edit].fix, width,
                          -row.marginalMs, row.together.ms);
    if (!report.survey)
      text += fmt::format("  {:<{}}  {}\n", "all", width, outcome(report.together));
  }
  if (!report.notApplied.empty() && report.together.abstained.empty())
    for (const NotApplied &one : report.notApplied)
      text += fmt::format("  {:<{}}  left out: {}\n", one.fix, width, one.why);
  if (report.recommendation) text += recommendationText(*report.recommendation);
  for (const std::string &warning : report.together.warnings)
    text += fmt::format("  trust: {}\n", warning);
  return text;
}

} // namespace hotloop::cli
