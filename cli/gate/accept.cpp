#include "cli/gate/accept.h"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "analyzers/gate/policy.h"

namespace hotloop::cli {

namespace {

using Key = std::tuple<std::string, SeriesLevel, std::string, std::string, std::string>;
Key keyOf(const BaselineCounter &one) {
  return {one.counter, one.level, one.phase, one.file, one.function};
}

std::string nameOf(const BaselineCounter &one) {
  std::string name = counterTitle(one.counter);
  if (one.level == SeriesLevel::kStep) return name + " of the step";
  if (one.level == SeriesLevel::kSite)
    name += one.file.empty() ? " at an unknown site" : " at " + one.file + " " + one.function;
  return name + (one.phase.empty() ? " outside of phases" : " in " + one.phase);
}

// Would a run that looks like `fresh` pass against what was learned?
bool fits(const LearnedValues &learned, const LearnedValues &fresh) {
  if (learned.stability == Stability::kConstant)
    return fresh.stability == Stability::kConstant && fresh.value == learned.value;
  if (learned.stability == Stability::kPeriodic) {
    auto a = learned.cycle, b = fresh.cycle;
    std::ranges::sort(a);
    std::ranges::sort(b);
    return fresh.stability == Stability::kPeriodic && a == b;
  }
  return fresh.low >= learned.low && fresh.high <= learned.high;
}

} // namespace

AcceptOutcome acceptChanges(Baseline &baseline, const Baseline &fresh, const std::string &reason) {
  AcceptOutcome outcome;
  std::map<Key, const BaselineCounter *> news;
  for (const BaselineCounter &one : fresh.counters) news[keyOf(one)] = &one;
  std::vector<BaselineCounter> result;
  for (BaselineCounter &one : baseline.counters) {
    const auto found = news.find(keyOf(one));
    const bool measured = std::ranges::find(fresh.counted, one.counter) != fresh.counted.end();
    if (!measured) {
      result.push_back(std::move(one));
      ++outcome.kept;
      continue;
    }
    if (found == news.end()) {
      outcome.changes.push_back(fmt::format("{}: {:.4g} -> none", nameOf(one), one.learned.mean));
      continue;
    }
    if (fits(one.learned, found->second->learned)) {
      result.push_back(std::move(one));
      ++outcome.kept;
    } else {
      outcome.changes.push_back(fmt::format("{}: {:.4g} -> {:.4g}", nameOf(one), one.learned.mean,
                                            found->second->learned.mean));
      result.push_back(*found->second);
    }
    news.erase(found);
  }
  for (const auto &[key, one] : news) {
    outcome.changes.push_back(fmt::format("{}: none -> {:.4g}", nameOf(*one), one->learned.mean));
    result.push_back(*one);
  }
  std::ranges::sort(result, {}, keyOf);
  baseline.counters = std::move(result);
  for (const std::string &counter : fresh.counted)
    if (std::ranges::find(baseline.counted, counter) == baseline.counted.end())
      baseline.counted.push_back(counter);
  std::ranges::sort(baseline.counted);
  baseline.reason = reason;
  baseline.saved = fresh.saved;
  baseline.commit = fresh.commit;
  baseline.tool = fresh.tool;
  return outcome;
}

} // namespace hotloop::cli
