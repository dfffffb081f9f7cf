#include <algorithm>

#include <fmt/format.h>

#include "analyzers/rules/occurrences.h"
#include "analyzers/steps/lanes.h"

namespace hotloop {

namespace {

constexpr double kSlow = 1.5;           // times the usual step
constexpr double kMaterialShare = 0.01; // of the time of all steps
constexpr std::size_t kFewest = 4;      // pauses; fewer come at equal distances by chance

constexpr Advice kAdvice = {
    "", "",
    "Move it off the loop: save checkpoints in a thread, write logs in bulk, collect garbage by "
    "hand (gc.freeze(), gc.disable()).",
    "# before\nif step % 10 == 0:\n    torch.save(model.state_dict(), path)\n\n# after\n"
    "if step % 1000 == 0:\n    state = {k: v.cpu() for k, v in model.state_dict().items()}\n"
    "    pool.submit(torch.save, state, path)",
    "What must be saved has to be saved: only its time moves."};

struct Pause {
  std::uint32_t step = 0;
  double excess = 0; // ns over the usual step
};

// Steps that take much longer than the usual one, when they come at equal distances; their period.
std::vector<Pause> periodicPauses(const RuleInput &input, double usual, std::uint32_t &period) {
  std::vector<Pause> pauses;
  for (const std::uint32_t step : input.steps.steady) {
    const auto length =
        static_cast<double>((input.steps.all[step].end - input.steps.all[step].start).count);
    if (length > kSlow * usual) pauses.push_back({step, length - usual});
  }
  if (pauses.size() < kFewest) return {};
  period = pauses[1].step - pauses[0].step;
  for (std::size_t i = 2; i < pauses.size(); ++i) {
    const std::uint32_t distance = pauses[i].step - pauses[i - 1].step;
    if (distance != period) return {};
  }
  return period < 2 ? std::vector<Pause>() : pauses;
}

// The operator of the step's thread that the longest time without one follows, or the longest one.
std::uint32_t culprit(const RuleInput &input, std::uint32_t step) {
  const auto &ops = input.trace->ops;
  std::uint32_t last = kNoIndex, best = kNoIndex;
  std::int64_t longest = 0;
  Nanoseconds end = input.steps.all[step].start;
  for (std::uint32_t op = 0; op < ops.start.size(); ++op) {
    if (input.ops.step[op] != step || ops.lane[op] != input.steps.lane ||
        input.ops.parent[op] != kNoIndex)
      continue;
    if ((ops.start[op] - end).count > longest) {
      longest = (ops.start[op] - end).count;
      best = last == kNoIndex ? op : last;
    }
    if (ops.duration[op].count > longest) {
      longest = ops.duration[op].count;
      best = op;
    }
    last = op;
    end = std::max(end, endOf(ops.start[op], ops.duration[op]));
  }
  if ((input.steps.all[step].end - end).count > longest) best = last;
  return best;
}

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  if (input.steps.source == StepSource::kDetected) {
    outcome.notChecked =
        "The run marks no steps; detected ones hold whatever lies between two loops.";
    return outcome;
  }
  std::vector<double> lengths;
  double total = 0;
  for (const std::uint32_t step : input.steps.steady) {
    lengths.push_back(
        static_cast<double>((input.steps.all[step].end - input.steps.all[step].start).count));
    total += lengths.back();
  }
  std::uint32_t period = 0;
  const auto pauses = periodicPauses(input, medianInPlace(lengths), period);
  if (pauses.empty() || total <= 0) return outcome;
  double excess = 0;
  for (const Pause &pause : pauses) excess += pause.excess;
  OccurrenceGroups groups(input);
  OccurrenceGroup group;
  if (const std::uint32_t op = culprit(input, pauses.front().step); op != kNoIndex) {
    group.site = input.ops.site[op];
    group.path = input.ops.path[op];
    group.evidence.push_back(opEvidence(input, op));
  }
  for (const Pause &pause : pauses)
    if (input.steps.all[pause.step].row != kNoIndex &&
        group.evidence.size() < OccurrenceGroups::kEvidenceRows)
      group.evidence.push_back(
          {"step", input.steps.all[pause.step].row + 1ll,
           fmt::format("step {} takes {:.2f} ms longer", input.steps.all[pause.step].number,
                       pause.excess * 1e-6)});
  if (group.evidence.empty()) return outcome;
  Finding finding = advise(groups, group, kAdvice);
  const double each = excess / static_cast<double>(pauses.size());
  finding.title = fmt::format("Every {}th step takes {:.2f} ms longer", period, each * 1e-6);
  const auto steps = static_cast<double>(input.steps.steady.size());
  finding.perStep = static_cast<double>(pauses.size()) / steps;
  finding.hostTime = Nanoseconds(static_cast<std::int64_t>(excess / steps));
  finding.felt = Felt::kMeasured;
  RuleFinding result{.finding = std::move(finding)};
  result.fix.whyNone = "It lengthens some steps only; the usual step does not change.";
  if (excess / total >= kMaterialShare) {
    outcome.findings.push_back(std::move(result));
  } else {
    result.finding.mayNotPay = fmt::format(
        "It takes {:.2f} % of the time, below the threshold of 1 %.", 100 * excess / total);
    outcome.notWorth.push_back(std::move(result));
  }
  return outcome;
}

} // namespace

Rule hl310PeriodicPause() {
  return {"HL310", "periodic_pause", "The host pauses every so many steps",
          run,     Needs::kNothing,  20};
}

} // namespace hotloop
