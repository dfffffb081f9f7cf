#include "analyzers/quality_notes.h"

#include <algorithm>
#include <set>

#include "core/metrics/quality.h"

namespace hotloop {

namespace {

void note(Analysis &analysis, std::string_view name, std::int64_t count,
          const std::string &detail) {
  const auto kinds = qualityCatalogue();
  const auto kind = std::ranges::find(kinds, name, &QualityKind::name);
  if (count == 0 || kind == kinds.end()) return;
  std::string sentence(kind->sentence);
  if (const auto place = sentence.find("{}"); place != std::string::npos)
    sentence.replace(place, 2, std::to_string(count));
  if (!detail.empty()) sentence += " (" + detail + ")";
  analysis.extraQuality.push_back({analysis.extraStrings.intern(name), kind->severity, count,
                                   analysis.extraStrings.intern(sentence)});
}

// Steps that run a different number of operators are of different kinds.
std::int64_t kindsOfSteps(const Analysis &analysis) {
  std::set<std::int64_t> counts;
  for (const std::uint32_t step : analysis.stepTable.steady)
    counts.insert(analysis.counters.perStep[step].operators);
  return static_cast<std::int64_t>(counts.size());
}

} // namespace

void noteQuality(const OpFacts &ops, Analysis &analysis) {
  const Steps &steps = analysis.stepTable;
  for (const StepNote &odd : steps.notes) note(analysis, odd.name, odd.count, odd.detail);
  note(analysis, "negative_durations", ops.negativeDurations, "operators");
  note(analysis, "overlapping_operators", ops.overlaps, {});
  if (steps.all.empty()) {
    note(analysis, "no_steps", 1, {});
    return;
  }
  constexpr std::size_t kFew = 10;
  if (steps.steady.size() < kFew)
    note(analysis, "few_steady_steps", static_cast<std::int64_t>(steps.steady.size()), {});
  constexpr std::int64_t kManyKinds = 3;
  if (const std::int64_t kinds = kindsOfSteps(analysis); kinds >= kManyKinds)
    note(analysis, "unsteady_steps", kinds, {});
}

} // namespace hotloop
