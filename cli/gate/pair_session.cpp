#include "cli/gate/pair_session.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "analyzers/compare/compare.h"
#include "analyzers/steps/lanes.h"
#include "cli/gate/gate_config.h"

namespace hotloop::cli {

namespace {

std::vector<int> numbersOf(const std::string &text) {
  std::vector<int> numbers;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    numbers.push_back(std::atoi(text.substr(begin, end - begin).c_str()));
    begin = end + 1;
  }
  return numbers;
}

GateTime timeOf(const std::string &metric, const PairedVerdict &verdict, const PairedRule &rule,
                double base, double now) {
  GateTime time;
  time.metric = metric;
  time.baseMs = base;
  time.nowMs = now;
  time.change = verdict.change;
  time.low = verdict.low;
  time.high = verdict.high;
  time.p = verdict.p;
  time.effect = rule.effect;
  time.pairs = verdict.pairs;
  time.smallestEffect = verdict.smallestEffect;
  switch (verdict.answer) {
  case PairedAnswer::kPass: time.verdict = "pass"; break;
  case PairedAnswer::kFail: time.verdict = "regression"; break;
  default: time.verdict = "inconclusive"; time.morePairs = verdict.morePairs;
  }
  return time;
}

GateRow rowOf(const GateTime &time, bool timeWasUp) {
  GateRow row;
  row.level = "time";
  row.counter = time.metric;
  row.unit = GateUnit::kMilliseconds;
  row.base = time.baseMs;
  row.now = time.nowMs;
  row.limit = fmt::format("+{:.3g} %", time.effect * 100);
  if (time.verdict == "regression") {
    row.status = GateStatus::kFail;
    row.verdict = time.metric == "step.body" ? "HG010" : "HG011";
    row.message =
        fmt::format("{:+.1f} % [{:+.1f}, {:+.1f}] over {} pairs, p = {:.2g}", time.change * 100,
                    time.low * 100, time.high * 100, time.pairs, time.p);
  } else if (time.verdict == "inconclusive") {
    row.status = GateStatus::kInconclusive;
    row.verdict = "HG040";
    row.message = fmt::format(
        "{:+.1f} % [{:+.1f}, {:+.1f}] over {} pairs does not decide{}; {} would, or a quieter "
        "machine",
        time.change * 100, time.low * 100, time.high * 100, time.pairs,
        timeWasUp ? " and --max-time is over" : "",
        time.morePairs > 0 ? fmt::format("about {} more pairs", time.morePairs) : "more pairs");
  }
  return row;
}

} // namespace

Result<PairOptions> pairOptions(const GateConfig &config, const std::string &runs) {
  PairOptions options;
  options.body.effect = config.ratio("effect");
  options.tail.effect = config.ratio("tail_effect");
  std::vector<int> looks = numbersOf(config.get("pairs"));
  if (!runs.empty()) {
    const std::size_t dots = runs.find("..");
    const std::string low = runs.substr(0, dots);
    const std::string high = dots == std::string::npos ? low : runs.substr(dots + 2);
    const auto whole = [](const std::string &text) {
      return !text.empty() && text.size() < 5 &&
             text.find_first_not_of("0123456789") == std::string::npos;
    };
    if (!whole(low) || !whole(high) || std::atoi(low.c_str()) < 1 ||
        std::atoi(high.c_str()) < std::atoi(low.c_str()))
      return Unexpected(invalidInput(fmt::format(
          "--runs cannot be '{}'; write a number of pairs from 1 on, or a range like 10..30",
          runs)));
    looks.clear();
    const int first = std::atoi(low.c_str()), last = std::atoi(high.c_str());
    for (int look = first; look < last; look += std::max(first, 1)) looks.push_back(look);
    looks.push_back(last);
  }
  if (options.body.effect <= 0 || options.tail.effect <= 0)
    return Unexpected(
        invalidInput("effect must be above 0 %; hotloop calibrate says what this machine can see"));
  options.body.looks = options.tail.looks = looks;
  options.least = 1;
  return options;
}

Result<PairRuns> runPairs(Measurer &measurer, const MeasuredProgram &base,
                          const MeasuredProgram &candidate, const PairOptions &options,
                          const std::function<void(const std::string &)> &progress) {
  PairRuns runs;
  std::vector<double> bodies[2], tails[2];
  const auto &looks = options.body.looks;
  for (int pair = 0; pair < looks.back(); ++pair) {
    if (measurer.timeIsUp()) break;
    for (const int turn : {0, 1}) {
      const bool isBase = baseFirst(pair) == (turn == 0);
      HOTLOOP_ASSIGN(LoadedProfile loaded,
                     measurer.run(isBase ? base : candidate,
                                  fmt::format("pair {} of at most {}: {}", pair + 1, looks.back(),
                                              isBase ? base.name : candidate.name)));
      const auto lengths = stepLengths(loaded.profile);
      bodies[isBase ? 0 : 1].push_back(bodyOf(lengths));
      tails[isBase ? 0 : 1].push_back(tailOf(lengths));
      if (!isBase && runs.candidate.empty()) runs.firstCandidate = loaded;
      (isBase ? runs.base : runs.candidate).push_back(std::move(loaded.profile));
    }
    runs.body.push_back(std::log(bodies[1].back()) - std::log(bodies[0].back()));
    runs.tail.push_back(std::log(tails[1].back()) - std::log(tails[0].back()));
    if (std::find(looks.begin(), looks.end(), pair + 1) == looks.end()) continue;
    const PairedVerdict body = judgePairs(runs.body, options.body);
    const PairedVerdict tail = judgePairs(runs.tail, options.tail);
    progress(fmt::format("{} pairs: body {:+.1f} %, tail {:+.1f} %", pair + 1, body.change * 100,
                         tail.change * 100));
    if (body.answer == PairedAnswer::kFail) break;
    if (body.answer != PairedAnswer::kContinue && tail.answer != PairedAnswer::kContinue) break;
  }
  runs.baseBody = medianInPlace(bodies[0]);
  runs.candidateBody = medianInPlace(bodies[1]);
  runs.baseTail = medianInPlace(tails[0]);
  runs.candidateTail = medianInPlace(tails[1]);
  return runs;
}

void reportPairs(const PairRuns &runs, const PairOptions &options, bool timeWasUp,
                 GateReport &report) {
  report.times.push_back(timeOf("step.body", judgePairs(runs.body, options.body), options.body,
                                runs.baseBody, runs.candidateBody));
  report.times.push_back(timeOf("step.p90", judgePairs(runs.tail, options.tail), options.tail,
                                runs.baseTail, runs.candidateTail));
  report.pairs = {runs.body, runs.tail};
  for (const GateTime &time : report.times) report.rows.push_back(rowOf(time, timeWasUp));
  if (runs.base.empty()) return;
  const TimeComparison comparison =
      compareTimes(mergeProfiles(runs.base), mergeProfiles(runs.candidate));
  report.stepDeltaMs = comparison.deltaMs();
  report.causes = causesOf(comparison);
}

} // namespace hotloop::cli
