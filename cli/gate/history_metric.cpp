#include "cli/gate/history_metric.h"

#include <fmt/format.h>

#include "analyzers/gate/paired.h"
#include "analyzers/gate/policy.h"
#include "cli/arguments/suggest.h"
#include "cli/gate/measure.h"

namespace hotloop::cli {

Result<std::string> historyMetric(const std::string &given) {
  if (given == "step.body" || given == "step.p90") return given;
  if (const std::string_view counter = counterOfAlias(given); !counter.empty())
    return std::string(counter);
  std::vector<std::string_view> known = counterAliases();
  known.insert(known.begin(), {"step.body", "step.p90"});
  return Unexpected(invalidInput(fmt::format("--metric cannot be '{}' (one of {}){}", given,
                                             fmt::join(known, ", "), didYouMean(given, known))));
}

std::optional<double> metricOf(const RunProfile &profile, const std::string &metric) {
  if (profile.durations.empty()) return std::nullopt;
  if (metric == "step.body") return bodyOf(stepLengths(profile));
  if (metric == "step.p90") return tailOf(stepLengths(profile));
  if (!profile.counts(metric)) return std::nullopt;
  const CounterSeries *series = profile.find(metric);
  if (series == nullptr) return 0;
  double sum = 0;
  for (const std::int64_t value : series->values) sum += static_cast<double>(value);
  return sum / static_cast<double>(series->values.size());
}

} // namespace hotloop::cli
