#include <algorithm>

#include <fmt/format.h>

#include "cli/prove/prove_report.h"
#include "cli/prove/prove_statistics.h"
#include "core/report/text_layout.h"

namespace hotloop::cli {

namespace {

std::string percent(double gain) { return fmt::format("{:+.1f}", 100 * gain); }

std::string range(double gain, double low, double high) {
  return fmt::format("{:>6} [{:>6}, {:>6}]", percent(gain), percent(low), percent(high));
}

std::string verdict(const ProvedCase &one, const Style &style) {
  if (!one.failure.empty()) return style.unsure("not measured: " + one.failure);
  if (!one.measured.any()) return style.dim("not measured yet");
  if (!decidable(one.measured)) return style.unsure("not decidable");
  if (!one.prediction.abstained.empty())
    return style.dim("no prediction: " + one.prediction.abstained);
  std::string text =
      fmt::format("off by {:.1f}", 100 * std::abs(one.prediction.gain - one.measured.gain));
  if (one.prediction.belowResolution) text += ", below resolution";
  text += covered(one) ? ", inside" : ", outside";
  return covered(one) ? style.better(text) : style.worse(text);
}

std::string shareText(const Share &share, const char *of) {
  if (share.all == 0) return fmt::format("none of {} to judge by", of);
  const ShareInterval interval = shareInterval(share, 0.95);
  return fmt::format("{} of {} {} ({:.0f} %; 95 %: {:.0f} to {:.0f})", share.hits, share.all, of,
                     100 * share.value(), 100 * interval.low, 100 * interval.high);
}

std::string summaryText(const ProveSummary &s) {
  std::string text = fmt::format(
      "\n{} cases: {} measured, {} of them not decidable, {} without a prediction, {} judged\n",
      s.cases, s.measured, s.undecidable, s.abstained, s.judged);
  if (s.judged == 0) return text;
  text += fmt::format("error in points    median {:.1f}, 90th percentile {:.1f}, mean {:.1f}\n",
                      100 * s.medianError, 100 * s.p90Error, 100 * s.meanError);
  text += fmt::format("naive rules, mean  sum of durations {:.1f}, idle time {:.1f}, zero {:.1f}\n",
                      100 * s.naiveTimeSum, 100 * s.naiveIdle, 100 * s.naiveZero);
  text += "sign right         " + shareText(s.sign, "above resolution") + "\n";
  text += "measured inside    " + shareText(s.coverage, "intervals") + "\n";
  text += "best fix found     " + shareText(s.top, "programs with three fixes or more") + "\n";
  return text;
}

} // namespace

std::string proveText(const ProveReport &report, Style style) {
  std::size_t width = 4;
  for (const ProvedProgram &program : report.programs)
    for (const ProvedCase &one : program.cases) width = std::max(width, one.name.size());
  std::string text = fmt::format(
      "{}  {}\ngains in % of the unprofiled step; predictions with their 80 % intervals "
      "were sealed before their sides were compared\n",
      style.bold("suite " + report.suite), report.machine);
  for (const ProvedProgram &program : report.programs) {
    text += fmt::format("\n{}  step {:.3f} ms, sealed {} {}\n", style.bold(program.name),
                        program.unprofiledMs, program.seal.time, program.seal.sha256.substr(0, 12));
    if (!program.failure.empty()) {
      text += fmt::format("  {}\n", style.unsure(printable(program.failure)));
      continue;
    }
    text += fmt::format("  {}  {:<24}{:<24}\n", padRight("", width), "predicted", "measured");
    for (const ProvedCase &one : program.cases) {
      const CasePrediction &p = one.prediction;
      const CaseMeasurement &m = one.measured;
      text += fmt::format("  {}  {:<24}{:<24}{}\n", padRight(one.name, width),
                          p.abstained.empty() ? range(p.gain, p.low, p.high) : "     -",
                          m.any() ? range(m.gain, m.low, m.high) : "     -", verdict(one, style));
    }
  }
  for (const SkippedGroup &group : report.skipped)
    text += fmt::format("\nleft out: {}: {}\n", group.name, printable(group.reason));
  return text + summaryText(summarize(report.programs));
}

} // namespace hotloop::cli
