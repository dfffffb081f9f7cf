#include "analyzers/rules/expert_marks.h"

namespace hotloop {

std::vector<ExpertSample> expertSamples(const RuleInput &input, std::string_view name) {
  const auto &ranges = input.trace->ranges;
  const StringId wanted = input.name(name);
  std::vector<ExpertSample> samples;
  if (!wanted) return samples;
  // Marks of one sample come together; the begin of a step parts two samples.
  std::size_t step = 0;
  bool fresh = true;
  for (std::uint32_t row = 0; row < ranges.start.size(); ++row) {
    const auto &all = input.steps.all;
    for (; step < all.size() && all[step].start <= ranges.start[row]; ++step) fresh = true;
    if (ranges.name[row] != wanted || ranges.payloadKind[row] == PayloadKind::kNone) continue;
    if (fresh || samples.empty()) samples.push_back({row, {}});
    fresh = false;
    samples.back().values.push_back(ranges.payloadKind[row] == PayloadKind::kInteger
                                        ? static_cast<double>(ranges.payloadInteger[row])
                                        : ranges.payloadReal[row]);
  }
  return samples;
}

} // namespace hotloop
