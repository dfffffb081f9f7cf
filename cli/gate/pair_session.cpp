#include "cli/gate/pair_session.h"

#include <algorithm>
#include <cmath>
#include <utility>

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

double medianOf(std::vector<double> values) { return values.empty() ? 0 : medianInPlace(values); }

GateTime timeOf(const TimeRule &what, const TimePairs &pairs) {
  const PairedVerdict verdict = judgePairs(pairs.logRatios, what.rule);
  GateTime time;
  time.metric = what.metric;
  time.phase = what.phase;
  time.baseMs = medianOf(pairs.base);
  time.nowMs = medianOf(pairs.candidate);
  time.change = verdict.change;
  time.low = verdict.low;
  time.high = verdict.high;
  time.p = verdict.p;
  time.effect = what.rule.effect;
  time.pairs = verdict.pairs;
  time.smallestEffect = verdict.smallestEffect;
  switch (verdict.answer) {
  case PairedAnswer::kPass: time.verdict = "pass"; break;
  case PairedAnswer::kFail: time.verdict = "regression"; break;
  default: time.verdict = "inconclusive"; time.morePairs = verdict.morePairs;
  }
  return time;
}

GateRow rowOf(const GateTime &time, GateLevel level, bool timeWasUp) {
  GateRow row;
  row.level = "time";
  row.counter = time.metric;
  row.phase = time.phase;
  row.unit = GateUnit::kMilliseconds;
  row.base = time.baseMs;
  row.now = time.nowMs;
  row.limit = fmt::format("+{:.3g} %", time.effect * 100);
  if (time.verdict == "regression") {
    row.status = level == GateLevel::kWarn ? GateStatus::kWarn : GateStatus::kFail;
    row.verdict = time.metric.ends_with(".body") ? "HG010" : "HG011";
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

// An absolute limit holds for the median candidate.
std::optional<GateRow> overLimit(const TimeRule &what, const GateTime &time) {
  if (!what.maxMs || time.nowMs <= *what.maxMs) return std::nullopt;
  GateRow row;
  row.level = "budget";
  row.counter = time.metric;
  row.phase = time.phase;
  row.unit = GateUnit::kMilliseconds;
  row.base = time.baseMs;
  row.now = time.nowMs;
  row.limit = fmt::format("max {:.4g} ms", *what.maxMs);
  row.verdict = "HG020";
  row.status = what.level == GateLevel::kWarn ? GateStatus::kWarn : GateStatus::kFail;
  row.message = fmt::format("the median run takes {:.4g} ms, at most {:.4g} ms are allowed",
                            time.nowMs, *what.maxMs);
  return row;
}

GateRow missingPhase(const TimeRule &what) {
  GateRow row;
  row.level = "time";
  row.counter = what.metric;
  row.phase = what.phase;
  row.unit = GateUnit::kNone;
  row.verdict = "HG039";
  row.status = GateStatus::kError;
  row.message = fmt::format("no phase of both builds matches \"{}\", so its time was not measured; "
                            "hotloop budget lint --against RUN names such budgets",
                            what.phase);
  return row;
}

// Lengths of the steady steps, or of what matching phases own of them; empty when none matches.
std::vector<double> lengthsOf(const RunProfile &run, const TimeRule &what) {
  if (what.phase.empty()) return stepLengths(run);
  std::vector<double> lengths;
  for (const PhaseTime &phase : run.phaseTimes) {
    if (!globMatches(what.phase, phase.phase)) continue;
    lengths.resize(run.durations.size());
    for (std::size_t i = 0; i < lengths.size(); ++i)
      lengths[i] += static_cast<double>(phase.values[i]) * 1e-6;
  }
  return lengths;
}

// Time limits of budgets, on top of the two rules that every comparison has.
void addTimeBudgets(const GateConfig &config, PairOptions &options) {
  const auto asked = [&](const char *setting) {
    const std::string &origin = config.settings.at(setting).origin;
    return origin.starts_with("--") || origin.starts_with("HOTLOOP_");
  };
  std::size_t phases = 0;
  bool known[2] = {};
  for (const Budget &budget : config.budgets)
    for (const TimeLimit &limit : budget.times) {
      const bool body = limit.metric == "step.body";
      if (budget.phase == "**") {
        TimeRule &whole = options.times[body ? 0 : 1];
        if (std::exchange(known[body ? 0 : 1], true)) continue; // the first match wins
        if (limit.maxGrowth && (budget.line == 0 || !asked(body ? "effect" : "tail_effect")))
          whole.rule.effect = *limit.maxGrowth;
        whole.maxMs = limit.maxMs;
        whole.level = limit.level;
        continue;
      }
      if (limit.level == GateLevel::kOff) continue;
      TimeRule one;
      one.metric = body ? "phase.body" : "phase.p90";
      one.phase = budget.phase;
      one.rule.effect = limit.maxGrowth.value_or(config.ratio(body ? "effect" : "tail_effect"));
      one.maxMs = limit.maxMs;
      one.level = limit.level;
      options.times.push_back(one);
      ++phases;
    }
  for (std::size_t i = 2; i < options.times.size(); ++i)
    options.times[i].rule.alpha /= static_cast<double>(phases);
}

} // namespace

Result<PairOptions> pairOptions(const GateConfig &config, const std::string &runs) {
  PairOptions options;
  options.times = {{"step.body", "", {}, {}}, {"step.p90", "", {}, {}}};
  options.times[0].rule.effect = config.ratio("effect");
  options.times[1].rule.effect = config.ratio("tail_effect");
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
  addTimeBudgets(config, options);
  for (TimeRule &one : options.times) {
    if (one.rule.effect <= 0)
      return Unexpected(invalidInput(
          "effect must be above 0 %; hotloop calibrate says what this machine can see"));
    one.rule.looks = looks;
  }
  options.looks = looks;
  return options;
}

Result<PairRuns> runPairs(Measurer &measurer, const MeasuredProgram &base,
                          const MeasuredProgram &candidate, const PairOptions &options,
                          const std::function<void(const std::string &)> &progress) {
  PairRuns runs;
  runs.times.resize(options.times.size());
  const auto &looks = options.looks;
  for (int pair = 0; pair < looks.back(); ++pair) {
    if (measurer.timeIsUp()) break;
    std::vector<double> lengths[2]; // of base and candidate, by rule; 0: the phase is not there
    for (const int turn : {0, 1}) {
      const bool isBase = baseFirst(pair) == (turn == 0);
      HOTLOOP_ASSIGN(LoadedProfile loaded,
                     measurer.run(isBase ? base : candidate,
                                  fmt::format("pair {} of at most {}: {}", pair + 1, looks.back(),
                                              isBase ? base.name : candidate.name)));
      for (const TimeRule &one : options.times) {
        const auto steps = lengthsOf(loaded.profile, one);
        lengths[isBase ? 0 : 1].push_back(steps.empty()  ? 0
                                          : one.isBody() ? bodyOf(steps)
                                                         : tailOf(steps));
      }
      if (!isBase && runs.candidate.empty()) runs.firstCandidate = loaded;
      (isBase ? runs.base : runs.candidate).push_back(std::move(loaded.profile));
    }
    for (std::size_t i = 0; i < runs.times.size(); ++i) {
      if (lengths[0][i] <= 0 || lengths[1][i] <= 0) continue;
      runs.times[i].base.push_back(lengths[0][i]);
      runs.times[i].candidate.push_back(lengths[1][i]);
      runs.times[i].logRatios.push_back(std::log(lengths[1][i]) - std::log(lengths[0][i]));
    }
    if (std::find(looks.begin(), looks.end(), pair + 1) == looks.end()) continue;
    bool undecided = false, bodyFailed = false;
    std::string line;
    for (std::size_t i = 0; i < runs.times.size(); ++i) {
      const PairedVerdict verdict = judgePairs(runs.times[i].logRatios, options.times[i].rule);
      undecided = undecided ||
                  (verdict.answer == PairedAnswer::kContinue && !runs.times[i].logRatios.empty());
      bodyFailed = bodyFailed || (i == 0 && verdict.answer == PairedAnswer::kFail);
      if (i < 2)
        line += fmt::format("{}{:+.1f} %", i == 0 ? "body " : ", tail ", verdict.change * 100);
    }
    progress(fmt::format("{} pairs: {}", pair + 1, line));
    if (bodyFailed || !undecided) break;
  }
  return runs;
}

void reportPairs(const PairRuns &runs, const PairOptions &options, bool timeWasUp,
                 GateReport &report) {
  for (std::size_t i = 0; i < options.times.size(); ++i) {
    const TimeRule &what = options.times[i];
    if (!what.phase.empty() && runs.times[i].logRatios.empty()) {
      report.rows.push_back(missingPhase(what));
      continue;
    }
    report.times.push_back(timeOf(what, runs.times[i]));
    report.pairs.push_back(runs.times[i].logRatios);
    const GateTime &time = report.times.back();
    if (what.level == GateLevel::kOff) continue;
    report.rows.push_back(rowOf(time, what.level, timeWasUp));
    if (auto row = overLimit(what, time)) report.rows.push_back(std::move(*row));
  }
  if (runs.base.empty()) return;
  const TimeComparison comparison =
      compareTimes(mergeProfiles(runs.base), mergeProfiles(runs.candidate));
  report.stepDeltaMs = comparison.deltaMs();
  report.causes = causesOf(comparison);
  explainShares(report);
}

} // namespace hotloop::cli
