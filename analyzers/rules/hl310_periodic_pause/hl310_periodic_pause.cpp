#include <algorithm>

#include <fmt/format.h>

#include "analyzers/rules/occurrences.h"
#include "analyzers/steps/lanes.h"

namespace hotloop {

namespace {

constexpr double kSlow = 1.5;           // times the usual step
constexpr double kMaterialShare = 0.01; // of the time of all steps
constexpr std::size_t kFewest = 6; // pauses; five of other work came at equal distances by chance
constexpr double kKept = 0.8;      // of the steps at that distance are slow
constexpr double kExplained = 0.6; // of what all slow steps take too long

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

struct Rhythm {
  std::uint32_t period = 0; // steps; 0: there is none
  std::vector<Pause> pauses;
  double excess = 0; // ns, of all pauses
};

std::vector<Pause> slowSteps(const RuleInput &input, double usual) {
  // What another finding explains is not explained again.
  std::vector<double> explained(input.steps.all.size());
  for (std::uint32_t call = 0; call < input.device.calls(); ++call)
    if (input.claimedCalls[call] != 0 && input.steady(input.device.step[call]))
      explained[input.device.step[call]] +=
          static_cast<double>(input.trace->apis.duration[call].count);
  std::vector<double> often;
  for (const std::uint32_t step : input.steps.steady) often.push_back(explained[step]);
  const double always = medianInPlace(often);
  std::vector<Pause> slow;
  for (const std::uint32_t step : input.steps.steady) {
    const auto length =
        static_cast<double>((input.steps.all[step].end - input.steps.all[step].start).count) -
        std::max(0.0, explained[step] - always);
    if (length > kSlow * usual) slow.push_back({step, length - usual});
  }
  return slow;
}

Rhythm rhythmOf(const std::vector<Pause> &slow, std::uint32_t period, std::uint32_t phase) {
  Rhythm rhythm;
  rhythm.period = period;
  for (const Pause &pause : slow) {
    if (pause.step % period != phase) continue;
    rhythm.pauses.push_back(pause);
    rhythm.excess += pause.excess;
  }
  return rhythm;
}

// The equal distance at which slow steps come through the whole run, if they do. Other work of the
// machine makes single steps slow too: those may lie between, as long as they weigh little.
Rhythm findRhythm(const RuleInput &input, const std::vector<Pause> &slow) {
  const auto &steady = input.steps.steady;
  double all = 0;
  for (const Pause &pause : slow) all += pause.excess;
  Rhythm best;
  const auto longest = static_cast<std::uint32_t>(steady.size() / kFewest);
  for (std::uint32_t period = 2; period <= longest; ++period) {
    std::vector<std::size_t> expected(period, 0);
    for (const std::uint32_t step : steady) ++expected[step % period];
    for (std::uint32_t phase = 0; phase < period; ++phase) {
      Rhythm rhythm = rhythmOf(slow, period, phase);
      if (rhythm.pauses.size() < kFewest || rhythm.excess < kExplained * all ||
          static_cast<double>(rhythm.pauses.size()) < kKept * static_cast<double>(expected[phase]))
        continue;
      // Every second beat of a rhythm is one as well: the one that explains more is meant.
      if (rhythm.excess > best.excess) best = std::move(rhythm);
    }
  }
  return best;
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

// One as long as most are: no other delay lies in its step.
const Pause &usualPause(const std::vector<Pause> &pauses) {
  std::vector<const Pause *> sorted;
  for (const Pause &pause : pauses) sorted.push_back(&pause);
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>((sorted.size() - 1) / 2);
  std::ranges::nth_element(sorted, middle, {}, &Pause::excess);
  return **middle;
}

std::string_view ordinalEnding(std::uint32_t number) {
  if (number % 100 >= 11 && number % 100 <= 13) return "th";
  constexpr std::string_view kEndings[] = {"th", "st", "nd", "rd"};
  return number % 10 < std::size(kEndings) ? kEndings[number % 10] : "th";
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
  const Rhythm rhythm = findRhythm(input, slowSteps(input, medianInPlace(lengths)));
  const auto &[period, pauses, excess] = rhythm;
  if (period == 0 || total <= 0) return outcome;
  OccurrenceGroups groups(input);
  OccurrenceGroup group;
  if (const std::uint32_t op = culprit(input, usualPause(pauses).step); op != kNoIndex) {
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
  finding.title = fmt::format("Every {}{} step takes {:.2f} ms longer", period,
                              ordinalEnding(period), each * 1e-6);
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
