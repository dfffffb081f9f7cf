#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "analyzers/rules/kernel_rules.h"
#include "analyzers/steps/lanes.h"
#include "core/base/stop.h"

namespace hotloop {

namespace {

constexpr double kMaterialShare = 0.03; // of the step
constexpr double kStatic = 0.6;         // share of the collectives for which one rank is the last
constexpr std::size_t kFewest = 8;

constexpr Advice kAdvice = {
    "", "", "Balance what the ranks do: data, experts, pinning of processes to processors.",
    "# before\nsampler = DistributedSampler(data)\n\n# after: batches of equal length\n"
    "sampler = DistributedBucketSampler(data, by=length)",
    "Where the late rank changes from step to step, no assignment balances it."};

struct Start {
  Nanoseconds start;
  std::uint32_t row = 0;
};

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  // The collectives of every process, in order: the k-th of one belongs to the k-th of the others.
  std::map<ProcessId, std::vector<Start>> ofRank;
  const auto &kernels = input.trace->kernels;
  const auto &streams = input.trace->streams;
  for (std::uint32_t row = 0; row < kernels.start.size(); ++row) {
    stopPoint(row);
    const std::uint32_t stream = kernels.lane[row].value;
    if (stream == 0 || stream > streams.process.size() ||
        !has(kernelTraits(input.trace.text(kernels.name[row])), KernelTrait::kCollective))
      continue;
    ofRank[streams.process[stream - 1]].push_back({kernels.start[row], row});
  }
  if (ofRank.size() < 2) {
    outcome.notChecked = "The run holds collectives of fewer than two ranks.";
    return outcome;
  }
  std::size_t count = ofRank.begin()->second.size();
  for (const auto &[rank, starts] : ofRank)
    if (starts.size() != count) {
      outcome.notChecked = "The ranks ran different numbers of collectives.";
      return outcome;
    }
  if (count < kFewest) return outcome;
  std::vector<double> spread;
  std::map<ProcessId, std::size_t> lastCount;
  for (std::size_t k = 0; k < count; ++k) {
    Nanoseconds first = ofRank.begin()->second[k].start, last = first;
    ProcessId late = ofRank.begin()->first;
    for (const auto &[rank, starts] : ofRank) {
      first = std::min(first, starts[k].start);
      if (starts[k].start > last) {
        last = starts[k].start;
        late = rank;
      }
    }
    spread.push_back(static_cast<double>((last - first).count));
    ++lastCount[late];
  }
  const double perStep = static_cast<double>(count) /
                         static_cast<double>(std::max<std::size_t>(1, input.steps.all.size()));
  const double skew = medianInPlace(spread) * std::max(1.0, perStep);
  const auto latest =
      std::ranges::max_element(lastCount, {}, [](const auto &e) { return e.second; });
  const double share = static_cast<double>(latest->second) / static_cast<double>(count);
  OccurrenceGroups groups(input);
  OccurrenceGroup group;
  for (std::size_t k = 0; k < std::min<std::size_t>(count, OccurrenceGroups::kEvidenceRows); ++k)
    group.evidence.push_back({"kernel", static_cast<std::int64_t>(ofRank[latest->first][k].row) + 1,
                              "of the late rank"});
  Finding finding = advise(groups, group, kAdvice);
  finding.variant = share >= kStatic ? "static" : "rotating";
  finding.title =
      fmt::format("Ranks enter a collective {:.2f} ms apart; {}", spread[spread.size() / 2] * 1e-6,
                  share >= kStatic ? fmt::format("process {} is the last in {:.0f} % of them",
                                                 latest->first.value, 100 * share)
                                   : std::string("the last one changes"));
  finding.perStep = perStep;
  finding.felt = Felt::kMeasured;
  const double step = static_cast<double>(std::max<std::int64_t>(stepPeriod(input).count, 1));
  RuleFinding result{.finding = std::move(finding)};
  result.fix.whyNone = "The step of perfectly even ranks is only bounded by this run.";
  if (skew >= kMaterialShare * step) {
    outcome.findings.push_back(std::move(result));
  } else {
    result.finding.mayNotPay =
        fmt::format("That is {:.2f} % of the step, below the threshold of 3 %.", 100 * skew / step);
    outcome.notWorth.push_back(std::move(result));
  }
  return outcome;
}

} // namespace

Rule hl406RankSkew() {
  return {"HL406", "rank_skew", "Ranks enter collectives at different times", run, Needs::kKernels};
}

} // namespace hotloop
