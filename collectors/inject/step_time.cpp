#include "collectors/inject/step_time.h"

#include <algorithm>

namespace hotloop {
namespace {

std::optional<Nanoseconds> median(std::vector<Nanoseconds> lengths) {
  constexpr std::size_t kFewest = 3;
  if (lengths.size() < kFewest) return std::nullopt;
  const auto middle = lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() / 2);
  std::nth_element(lengths.begin(), middle, lengths.end());
  return *middle;
}

} // namespace

std::optional<Nanoseconds> stepTimeOutside(const std::vector<StepSpan> &steps, Nanoseconds open,
                                           Nanoseconds closed) {
  std::vector<Nanoseconds> before, after;
  for (const StepSpan &step : steps) {
    if (step.end <= open) before.push_back(step.end - step.start);
    // The step that closed it paid for that.
    if (closed > open && step.start > closed) after.push_back(step.end - step.start);
  }
  if (const auto time = median(after)) return time;
  before.erase(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(before.size() / 2));
  return median(before);
}

} // namespace hotloop
