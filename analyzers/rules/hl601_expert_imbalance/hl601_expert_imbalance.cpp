#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "analyzers/rules/expert_marks.h"
#include "analyzers/rules/occurrences.h"

namespace hotloop {

namespace {

constexpr double kUneven = 3;      // largest over mean, on one device
constexpr std::size_t kFewest = 2; // samples

constexpr Advice kAdvice = {
    "", "",
    "Balance the router: an auxiliary loss or a bias per expert, a capacity, or copies of the "
    "busiest experts.",
    "# before\nloss = task_loss\n\n# after\nloss = task_loss + 0.01 * load_balance_loss(probs, "
    "counts)",
    "On one device a grouped product takes as long as its rows; the imbalance costs only the tail "
    "of "
    "its last tiles. Early in training routers are uneven by nature."};

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const std::vector<ExpertSample> samples = expertSamples(input, kTokensMark);
  if (samples.size() < kFewest) {
    outcome.notChecked = "The run carries no tokens per expert (NVTX marks of that name with the "
                         "count as payload).";
    return outcome;
  }
  std::vector<double> uneven;
  OccurrenceGroup group;
  for (const ExpertSample &sample : samples) {
    double sum = 0, most = 0;
    for (const double tokens : sample.values) {
      sum += tokens;
      most = std::max(most, tokens);
    }
    if (sum > 0) uneven.push_back(most * static_cast<double>(sample.values.size()) / sum);
    if (group.evidence.size() < OccurrenceGroups::kEvidenceRows)
      group.evidence.push_back({"range", sample.row + 1ll,
                                fmt::format("{} experts, the busiest has {:.0f} of {:.0f} tokens",
                                            sample.values.size(), most, sum)});
  }
  const double typical = median(uneven);
  OccurrenceGroups groups(input);
  Finding finding = advise(groups, group, kAdvice);
  finding.title = fmt::format("The busiest expert gets {:.1f} times the mean", typical);
  finding.perStep = 1;
  RuleFinding result{.finding = std::move(finding)};
  result.fix.whyNone = "What even experts would take needs the sizes of their products.";
  if (typical >= kUneven) {
    outcome.findings.push_back(std::move(result));
  } else {
    result.finding.mayNotPay =
        fmt::format("The busiest expert gets {:.2f} times the mean, below the threshold of {:.0f}.",
                    typical, kUneven);
    outcome.notWorth.push_back(std::move(result));
  }
  return outcome;
}

} // namespace

Rule hl601ExpertImbalance() {
  return {"HL601", "expert_imbalance", "Some experts get many times the tokens of others", run};
}

} // namespace hotloop
