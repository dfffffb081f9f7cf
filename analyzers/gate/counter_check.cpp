#include "analyzers/gate/counter_check.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

#include <fmt/format.h>

namespace hotloop {

namespace {

double meanOf(const std::vector<std::int64_t> &values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

GateUnit unitOf(std::string_view counter) {
  return isBytesCounter(counter) ? GateUnit::kBytes : GateUnit::kCount;
}

// What is allowed of a counter in a phase: the first budget that speaks of it, else nothing new.
struct Rule {
  double maxNew = 0;
  std::optional<double> maxGrowth;
  GateLevel level = GateLevel::kError;
  std::string text = "+0";
  bool ofStep = false; // a limit of the whole step
};

Rule ruleFor(const GatePolicy &policy, std::string_view counter, SeriesLevel level,
             const std::string &phase) {
  Rule rule;
  const bool listed = policy.failOn.empty()
                          ? counter != "operators"
                          : std::ranges::find(policy.failOn, counter) != policy.failOn.end();
  rule.level = listed ? GateLevel::kError : GateLevel::kWarn;
  for (const Budget &budget : policy.budgets) {
    if (!budget.kernel.empty()) continue;
    const bool whole = budget.phase == "**";
    if (level == SeriesLevel::kStep ? !whole : !globMatches(budget.phase, phase)) continue;
    for (const CounterLimit &limit : budget.counters) {
      if (limit.counter != counter) continue;
      rule.level = limit.level;
      rule.ofStep = whole;
      if (limit.maxNew) rule.maxNew = *limit.maxNew;
      rule.maxGrowth = limit.maxGrowth;
      if (limit.maxNew || limit.maxGrowth) rule.text = limit.text;
      // An absolute limit alone replaces the comparison with the baseline.
      if (limit.max && !limit.maxNew && !limit.maxGrowth) rule.level = GateLevel::kOff;
      return rule;
    }
  }
  return rule;
}

bool within(const Rule &rule, double base, double change) {
  constexpr double kRounding = 1e-9;
  if (change <= rule.maxNew + kRounding) return rule.maxNew > 0;
  return rule.maxGrowth && change <= base * *rule.maxGrowth + kRounding;
}

std::string placeOf(const GateRow &row) {
  std::string text = row.site.file.empty() ? "an unknown place" : row.site.text();
  if (!row.op.empty()) text += " (" + row.op + ")";
  return text;
}

class Check {
public:
  Check(const Baseline &baseline, const RunProfile &run, const GatePolicy &policy)
      : baseline_(baseline), run_(run), policy_(policy) {}

  std::vector<GateRow> rows() {
    matchPhases();
    match();
    for (Pair &pair : pairs_) judge(pair);
    coverPlaces();
    moveWithinSums();
    explain();
    return write();
  }

private:
  using Key = std::tuple<std::string, SeriesLevel, std::string, std::string, std::string>;
  struct Pair {
    const BaselineCounter *base = nullptr;
    const CounterSeries *now = nullptr;
    std::string phase; // as the run calls it
    LearnedValues learned;
    ValueJudgement judgement;
    GateRow row;
    bool exact = false;  // constant or periodic: a sum that can be trusted
    bool ofStep = false; // judged by a limit of the whole step
  };

  // A phase that was renamed counts in everything what the old one counted.
  void matchPhases() {
    std::map<std::string, std::map<std::string, double>> before, after;
    for (const BaselineCounter &one : baseline_.counters)
      if (one.level == SeriesLevel::kPhase) before[one.phase][one.counter] = one.learned.mean;
    for (const CounterSeries &one : run_.series)
      if (one.level == SeriesLevel::kPhase && baselineCounts(one.counter))
        after[one.phase][one.counter] = meanOf(one.values);
    std::map<std::map<std::string, double>, std::vector<std::string>> gone, come;
    for (const auto &[phase, counts] : before)
      if (!after.contains(phase)) gone[counts].push_back(phase);
    for (const auto &[phase, counts] : after)
      if (!before.contains(phase)) come[counts].push_back(phase);
    for (const auto &[counts, names] : come)
      if (const auto found = gone.find(counts);
          found != gone.end() && found->second.size() == 1 && names.size() == 1)
        newName_[found->second[0]] = names[0];
  }

  bool baselineCounts(const std::string &counter) const {
    return std::ranges::find(baseline_.counted, counter) != baseline_.counted.end();
  }

  void match() {
    std::map<Key, Pair> all;
    for (const std::string &counter : baseline_.counted) {
      if (!run_.counts(counter)) continue; // checkWorld() has told
      all[{counter, SeriesLevel::kStep, "", "", ""}];
    }
    for (const BaselineCounter &one : baseline_.counters) {
      if (!run_.counts(one.counter)) continue;
      const auto renamed = newName_.find(one.phase);
      const std::string &phase = renamed == newName_.end() ? one.phase : renamed->second;
      all[{one.counter, one.level, phase, one.file, one.function}].base = &one;
    }
    for (const CounterSeries &one : run_.series)
      if (baselineCounts(one.counter))
        all[{one.counter, one.level, one.phase, one.file, one.function}].now = &one;
    for (auto &[key, pair] : all) {
      pair.row.counter = std::get<0>(key);
      const SeriesLevel level = std::get<1>(key);
      pair.row.level = level == SeriesLevel::kStep    ? "step"
                       : level == SeriesLevel::kPhase ? "phase"
                                                      : "site";
      pair.phase = std::get<2>(key);
      pair.row.phase = pair.phase;
      pair.row.site.file = std::get<3>(key);
      pair.row.site.function = std::get<4>(key);
      pair.row.site.rangePath = level == SeriesLevel::kSite ? pair.phase : "";
      pairs_.push_back(std::move(pair));
    }
  }

  void judge(Pair &pair) {
    GateRow &row = pair.row;
    pair.learned =
        pair.base != nullptr ? pair.base->learned : neverSeen(baseline_.steps, baseline_.runs);
    const std::vector<std::int64_t> zeros(run_.durations.size());
    const auto &values = pair.now != nullptr ? pair.now->values : zeros;
    pair.judgement = judgeValues(pair.learned, values);
    pair.exact = pair.learned.stability == Stability::kConstant ||
                 pair.learned.stability == Stability::kPeriodic;
    row.unit = unitOf(row.counter);
    row.base = pair.learned.mean;
    row.now = meanOf(values);
    row.stability = stabilityName(pair.learned.stability);
    row.provisional = baseline_.provisional();
    if (pair.now != nullptr && row.level == "site") {
      const std::uint32_t line = newLine(
          pair.base != nullptr ? pair.base->lines : std::vector<std::uint32_t>(), pair.now->lines);
      row.site.line = line;
      for (const SeriesLine &one : pair.now->lines)
        if (one.line == line) row.op = one.op;
    } else if (pair.base != nullptr && row.level == "site") {
      row.site.line = pair.base->lines.empty() ? 0 : pair.base->lines.front();
      row.op = pair.base->op;
    }
    const SeriesLevel level = row.level == "step"    ? SeriesLevel::kStep
                              : row.level == "phase" ? SeriesLevel::kPhase
                                                     : SeriesLevel::kSite;
    const Rule rule = ruleFor(policy_, row.counter, level, pair.phase);
    pair.ofStep = rule.ofStep;
    row.limit = rule.level == GateLevel::kOff ? "" : rule.text;
    switch (pair.judgement.judgement) {
    case Judgement::kSame: row.status = GateStatus::kOk; break;
    case Judgement::kLess: row.status = GateStatus::kImproved; break;
    case Judgement::kUnknown: row.status = GateStatus::kSkipped; break;
    case Judgement::kOnce:
      row.status = policy_.oddStepsFail ? GateStatus::kFail : GateStatus::kWarn;
      break;
    case Judgement::kMore:
      row.status = within(rule, pair.learned.mean, pair.judgement.change) ? GateStatus::kOk
                                                                          : GateStatus::kFail;
      break;
    }
    if (row.status == GateStatus::kFail && rule.level == GateLevel::kWarn)
      row.status = GateStatus::kWarn;
    if (rule.level == GateLevel::kOff) row.status = GateStatus::kOk;
  }

  static bool bad(const GateRow &row) {
    return row.status == GateStatus::kFail || row.status == GateStatus::kWarn;
  }

  // What a limit of the whole step lets pass in the sum, it lets pass at the places that make it:
  // a share of nothing is nothing, so no new place could keep a growth of 1 %.
  void coverPlaces() {
    std::set<std::string> within;
    for (const Pair &pair : pairs_)
      if (pair.row.level == "step" && pair.ofStep && pair.row.status == GateStatus::kOk &&
          pair.judgement.judgement == Judgement::kMore)
        within.insert(pair.row.counter);
    for (Pair &pair : pairs_)
      if (pair.row.level != "step" && pair.ofStep && bad(pair.row) &&
          within.contains(pair.row.counter))
        pair.row.status = GateStatus::kOk;
  }

  // More here and less there, with the sum of the phase or of the step what it was, has moved.
  void moveWithinSums() {
    std::set<std::pair<std::string, std::string>> samePhases;
    std::set<std::string> sameSteps;
    for (const Pair &pair : pairs_) {
      const bool notMore = pair.exact && pair.judgement.judgement != Judgement::kMore &&
                           pair.judgement.judgement != Judgement::kOnce;
      if (!notMore) continue;
      if (pair.row.level == "step") sameSteps.insert(pair.row.counter);
      if (pair.row.level == "phase") samePhases.insert({pair.row.counter, pair.phase});
    }
    for (Pair &pair : pairs_) {
      if (!bad(pair.row) || pair.row.level == "step") continue;
      const bool inStep = sameSteps.contains(pair.row.counter);
      const bool inPhase =
          pair.row.level == "site" && samePhases.contains({pair.row.counter, pair.phase});
      if (inStep || inPhase) pair.row.status = GateStatus::kMoved;
    }
    // Where sums depend on data: a place that is gone and one that came, alike in what they count.
    std::map<std::tuple<std::string, std::string, std::int64_t>, std::vector<Pair *>> gone;
    const auto alike = [](const Pair &pair, double mean) {
      return std::tuple(pair.row.counter, pair.phase, std::llround(mean * 1e6));
    };
    for (Pair &pair : pairs_)
      if (pair.now == nullptr && pair.row.level == "site" &&
          pair.row.status == GateStatus::kImproved)
        gone[alike(pair, *pair.row.base)].push_back(&pair);
    for (Pair &come : pairs_) {
      if (!bad(come.row) || come.base != nullptr || come.row.level != "site") continue;
      const auto found = gone.find(alike(come, *come.row.now));
      if (found == gone.end() || found->second.empty()) continue;
      found->second.back()->row.status = GateStatus::kMoved;
      found->second.pop_back();
      come.row.status = GateStatus::kMoved;
    }
  }

  // Rows of sums name the place that adds most to them.
  void explain() {
    std::map<std::string, const Pair *> worst;
    std::map<std::pair<std::string, std::string>, const Pair *> worstOfPhase;
    const auto keep = [](const Pair *&best, const Pair &pair) {
      if (best == nullptr || pair.judgement.change > best->judgement.change) best = &pair;
    };
    for (const Pair &pair : pairs_) {
      if (pair.row.level != "site" || !bad(pair.row)) continue;
      keep(worst[pair.row.counter], pair);
      keep(worstOfPhase[{pair.row.counter, pair.phase}], pair);
    }
    for (Pair &pair : pairs_) {
      GateRow &row = pair.row;
      if (row.status == GateStatus::kOk) continue;
      const Pair *place = nullptr;
      if (row.level == "site") {
        place = &pair;
      } else if (bad(row)) {
        const auto found = row.level == "step" ? worst.find(row.counter) : worst.end();
        if (found != worst.end()) place = found->second;
        if (row.level == "phase")
          if (const auto one = worstOfPhase.find({row.counter, pair.phase});
              one != worstOfPhase.end())
            place = one->second;
        if (place != nullptr) {
          row.site = place->row.site;
          row.op = place->row.op;
        }
      }
      row.message = sentence(pair, place);
      if (bad(row)) row.verdict = verdictOf(row.counter);
    }
  }

  std::string sentence(const Pair &pair, const Pair *place) const {
    const GateRow &row = pair.row;
    const std::string &how = pair.judgement.evidence;
    switch (row.status) {
    case GateStatus::kMoved:
      return row.level == "phase" ? "the step counts what it counted; work moved between phases"
             : pair.base == nullptr
                 ? "the sum counts what it counted; this work came from elsewhere"
                 : "the sum counts what it counted; work moved";
    case GateStatus::kImproved: return pair.now == nullptr ? "gone" : "less: " + how;
    case GateStatus::kSkipped: return how + "; save a baseline of three runs or more to judge it";
    default: break;
    }
    std::string text;
    if (place != nullptr)
      text = (place->base == nullptr ? "new at " : "at ") + placeOf(place->row);
    else
      text = "somewhere in " + (pair.phase.empty() ? "the step" : pair.phase);
    text += ": " + (place != nullptr && place != &pair ? place->judgement.evidence : how);
    if (pair.judgement.judgement == Judgement::kOnce)
      text += "; a single odd step is reported and does not fail";
    return text;
  }

  std::vector<GateRow> write() {
    std::vector<GateRow> rows;
    for (Pair &pair : pairs_)
      if (pair.row.level == "step" || pair.row.status != GateStatus::kOk)
        rows.push_back(std::move(pair.row));
    return rows;
  }

  const Baseline &baseline_;
  const RunProfile &run_;
  const GatePolicy &policy_;
  std::map<std::string, std::string> newName_; // of phases
  std::vector<Pair> pairs_;
};

} // namespace

std::vector<GateRow> checkCounters(const Baseline &baseline, const RunProfile &run,
                                   const GatePolicy &policy) {
  return Check(baseline, run, policy).rows();
}

std::uint32_t newLine(const std::vector<std::uint32_t> &before,
                      const std::vector<SeriesLine> &now) {
  if (now.empty()) return 0;
  std::vector<SeriesLine> lines = now;
  std::ranges::sort(lines, {}, &SeriesLine::line);
  const auto most = std::ranges::max_element(lines, {}, &SeriesLine::perStep)->line;
  if (before.empty() || before.size() >= lines.size()) return most;
  if (before.size() > 64 || lines.size() > 256) return most;
  // Pair every line of before with one of now, in order, so that distances change least.
  constexpr double kFar = 1e18;
  const std::size_t b = before.size(), n = lines.size();
  std::vector<std::vector<double>> cost(b, std::vector<double>(n, kFar));
  std::vector<std::vector<std::size_t>> from(b, std::vector<std::size_t>(n, n));
  for (std::size_t j = 0; j < n; ++j) cost[0][j] = 0;
  for (std::size_t i = 1; i < b; ++i)
    for (std::size_t j = i; j < n; ++j)
      for (std::size_t k = i - 1; k < j; ++k) {
        const double gap = std::abs((double(lines[j].line) - double(lines[k].line)) -
                                    (double(before[i]) - double(before[i - 1])));
        if (cost[i - 1][k] + gap < cost[i][j]) {
          cost[i][j] = cost[i - 1][k] + gap;
          from[i][j] = k;
        }
      }
  std::size_t last = b - 1;
  double best = kFar * 2;
  for (std::size_t j = b - 1; j < n; ++j) {
    // Among equals, lines that did not move at all.
    const double moved = std::abs(double(lines[j].line) - double(before[b - 1])) * 1e-3;
    if (cost[b - 1][j] + moved < best) {
      best = cost[b - 1][j] + moved;
      last = j;
    }
  }
  std::vector<bool> taken(n);
  for (std::size_t i = b; i-- > 0;) {
    taken[last] = true;
    if (i > 0) last = from[i][last];
  }
  const SeriesLine *found = nullptr;
  for (std::size_t j = 0; j < n; ++j)
    if (!taken[j] && (found == nullptr || lines[j].perStep > found->perStep)) found = &lines[j];
  return found != nullptr ? found->line : most;
}

} // namespace hotloop
