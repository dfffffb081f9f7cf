#include <algorithm>

#include <fmt/format.h>

#include "analyzers/rules/expert_marks.h"
#include "analyzers/rules/occurrences.h"

namespace hotloop {

namespace {

constexpr double kWasteful = 1.25; // padded over real rows

constexpr Advice kAdvice = {
    "", "", "Use a grouped product that takes the real rows, or a smaller capacity.",
    "# before\nbuf = x.new_zeros(E, capacity, d)\n\n# after\ny = torch._grouped_mm(x_sorted, w, "
    "offs=offsets)",
    "Fixed shapes let a CUDA graph be captured; a little padding up to whole tiles is needed "
    "anyway."};

double total(const std::vector<ExpertSample> &samples) {
  double sum = 0;
  for (const ExpertSample &sample : samples)
    for (const double value : sample.values) sum += value;
  return sum;
}

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const auto padded = expertSamples(input, kPaddedMark);
  const auto real = expertSamples(input, kTokensMark);
  if (padded.empty() || padded.size() != real.size() || total(real) <= 0) {
    outcome.notChecked =
        "The run does not carry padded and real tokens per expert (NVTX marks with "
        "the count as payload).";
    return outcome;
  }
  const double ratio = total(padded) / total(real);
  OccurrenceGroups groups(input);
  OccurrenceGroup group;
  group.evidence.push_back({"range", padded.front().row + 1ll, "padded tokens per expert"});
  Finding finding = advise(groups, group, kAdvice);
  finding.title = fmt::format("Experts compute {:.2f} times the rows that tokens fill", ratio);
  finding.perStep = 1;
  RuleFinding result{.finding = std::move(finding)};
  result.fix.whyNone = "The time of the product of the real rows is not in this run.";
  if (ratio > kWasteful) {
    outcome.findings.push_back(std::move(result));
  } else {
    result.finding.mayNotPay =
        fmt::format("That is below the threshold of {:.2f} times.", kWasteful);
    outcome.notWorth.push_back(std::move(result));
  }
  return outcome;
}

} // namespace

Rule hl602CapacityPadding() {
  return {"HL602", "capacity_padding", "Experts compute padding up to their capacity", run};
}

} // namespace hotloop
