#include "gui/data/experts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/base/stop.h"

namespace hotloop::gui {
namespace {

constexpr std::int64_t kBurstGap = 200'000; // ns between marks of one burst
constexpr std::size_t kMostPayloads = 16;

struct Burst {
  std::int64_t time = 0, last = 0;
  std::vector<double> values;
};

double payload(const RangeColumns &ranges, std::size_t i) {
  return ranges.payloadKind[i] == PayloadKind::kReal
             ? ranges.payloadReal[i]
             : static_cast<double>(ranges.payloadInteger[i]);
}

// Every layer routes the same number of tokens: the experts are the shortest period of the values
// whose parts have equal sums.
std::size_t expertsOf(const std::vector<double> &values) {
  const std::size_t count = values.size();
  const double total = std::accumulate(values.begin(), values.end(), 0.0);
  for (std::size_t experts = 2; experts < count; ++experts) {
    if (count % experts != 0) continue;
    const double each = total / static_cast<double>(count / experts);
    bool equal = true;
    for (std::size_t first = 0; first < count && equal; first += experts) {
      const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
      const double sum = std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(experts), 0.0);
      equal = std::abs(sum - each) < 1e-6 * std::max(1.0, each);
    }
    if (equal) return experts;
  }
  return count;
}

} // namespace

double ExpertSample::imbalance() const {
  const double total = std::accumulate(tokens.begin(), tokens.end(), 0.0);
  if (tokens.empty() || total <= 0) return 0;
  return *std::max_element(tokens.begin(), tokens.end()) * static_cast<double>(tokens.size()) /
         total;
}

Experts findExperts(const TraceView &trace) {
  const RangeColumns &ranges = trace->ranges;
  std::map<std::uint32_t, std::vector<Burst>> bursts; // of marks, by thread
  std::map<std::uint32_t, PayloadSeries> others;      // by name
  for (std::size_t i = 0; i < ranges.start.size(); ++i) {
    stopPoint(i);
    if (ranges.payloadKind[i] == PayloadKind::kNone) continue;
    const std::string_view name = trace.text(ranges.name[i]);
    const std::int64_t time = ranges.start[i].count;
    const bool counts =
        ranges.kind[i] == RangeKind::kMark && name.find("expert") != std::string_view::npos;
    if (!counts) {
      PayloadSeries &series = others[ranges.name[i].value];
      series.name = name;
      series.times.push_back(time);
      series.values.push_back(payload(ranges, i));
      continue;
    }
    auto &list = bursts[ranges.lane[i].value];
    if (list.empty() || time - list.back().last > kBurstGap) list.push_back({time, time, {}});
    list.back().last = time;
    list.back().values.push_back(payload(ranges, i));
  }
  Experts experts;
  for (const auto &[thread, list] : bursts) {
    for (const Burst &burst : list) {
      if (burst.values.size() < 2) continue;
      const std::size_t count = expertsOf(burst.values);
      experts.experts = std::max(experts.experts, static_cast<std::uint32_t>(count));
      for (std::size_t layer = 0; layer * count < burst.values.size(); ++layer) {
        ExpertSample sample;
        sample.time = burst.time;
        sample.layer = static_cast<std::uint32_t>(layer);
        const auto first = burst.values.begin() + static_cast<std::ptrdiff_t>(layer * count);
        sample.tokens.assign(first, first + static_cast<std::ptrdiff_t>(count));
        experts.layers = std::max(experts.layers, sample.layer + 1);
        experts.samples.push_back(std::move(sample));
      }
    }
  }
  std::stable_sort(experts.samples.begin(), experts.samples.end(),
                   [](const ExpertSample &a, const ExpertSample &b) { return a.time < b.time; });
  for (auto &[name, series] : others) experts.payloads.push_back(std::move(series));
  std::stable_sort(experts.payloads.begin(), experts.payloads.end(),
                   [](const PayloadSeries &a, const PayloadSeries &b) {
                     return a.values.size() > b.values.size();
                   });
  if (experts.payloads.size() > kMostPayloads) experts.payloads.resize(kMostPayloads);
  return experts;
}

} // namespace hotloop::gui
