#include "gui/data/trace/counter_series.h"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

namespace hotloop::gui {
namespace {

constexpr std::size_t kFan = 32;

// First of the ascending `times` from `from` on that is not before `stop`, most likely about
// `guess` farther.
std::size_t gallop(std::span<const std::int64_t> times, std::size_t from, std::int64_t stop,
                   std::size_t guess) {
  std::size_t reach = std::max<std::size_t>(1, guess);
  while (from + reach < times.size() && times[from + reach] < stop) reach *= 2;
  const std::size_t limit = std::min(times.size(), from + reach + 1);
  return static_cast<std::size_t>(
      std::lower_bound(times.begin() + static_cast<std::ptrdiff_t>(from),
                       times.begin() + static_cast<std::ptrdiff_t>(limit), stop) -
      times.begin());
}

} // namespace

CounterSeries::CounterSeries(std::string label, std::vector<std::int64_t> times,
                             std::vector<std::int64_t> values)
    : label_(std::move(label)), times_(std::move(times)), values_(std::move(values)) {
  if (!values_.empty()) {
    greatestAt_ = static_cast<std::size_t>(std::max_element(values_.begin(), values_.end()) -
                                           values_.begin());
    greatest_ = values_[greatestAt_];
  }
  for (std::size_t i = 0; i < times_.size(); i += kFan) blockTimes_.push_back(times_[i]);
  for (std::size_t below = values_.size(); below > kFan; below = levels_.back().size()) {
    const bool leaf = levels_.empty();
    std::vector<Range> level((below + kFan - 1) / kFan);
    for (std::size_t n = 0; n < level.size(); ++n) {
      const std::size_t end = std::min(below, (n + 1) * kFan);
      Range node = leaf ? Range{values_[n * kFan], values_[n * kFan]} : levels_.back()[n * kFan];
      for (std::size_t i = n * kFan + 1; i < end; ++i) {
        const Range part = leaf ? Range{values_[i], values_[i]} : levels_.back()[i];
        node.least = std::min(node.least, part.least);
        node.greatest = std::max(node.greatest, part.greatest);
      }
      level[n] = node;
    }
    levels_.push_back(std::move(level));
  }
}

bool CounterSeries::valueAt(std::int64_t t, std::int64_t &value) const {
  const auto after = std::upper_bound(times_.begin(), times_.end(), t);
  if (after == times_.begin()) return false;
  value = values_[static_cast<std::size_t>(after - times_.begin()) - 1];
  return true;
}

// Least and greatest of values [first, end), first < end: up the levels while whole nodes fit.
CounterSeries::Range CounterSeries::range(std::size_t first, std::size_t end) const {
  Range all{std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()};
  const auto take = [&](std::size_t level, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to && level == 0; ++i) {
      all.least = std::min(all.least, values_[i]);
      all.greatest = std::max(all.greatest, values_[i]);
    }
    for (std::size_t i = from; i < to && level > 0; ++i) {
      all.least = std::min(all.least, levels_[level - 1][i].least);
      all.greatest = std::max(all.greatest, levels_[level - 1][i].greatest);
    }
  };
  for (std::size_t level = 0; first < end; ++level) {
    // Up to the next whole node, and from the last one on.
    const std::size_t inner = (first + kFan - 1) / kFan;
    const std::size_t outer = end / kFan;
    if (level == levels_.size() || inner >= outer) {
      take(level, first, end);
      break;
    }
    take(level, first, inner * kFan);
    take(level, outer * kFan, end);
    first = inner;
    end = outer;
  }
  return all;
}

std::size_t CounterSeries::firstAt(std::size_t from, std::int64_t stop, std::size_t guess) const {
  if (guess < 2 * kFan) return gallop(times_, from, stop, guess);
  // Far apart each look would be a miss of the processor's cache; the blocks' first times are near.
  const std::size_t block = std::min(from / kFan + 1, blockTimes_.size());
  const std::size_t after = gallop(blockTimes_, block, stop, guess / kFan);
  const std::size_t end = std::min(times_.size(), after * kFan);
  const std::size_t begin = std::max(from, after == 0 ? 0 : (after - 1) * kFan);
  return static_cast<std::size_t>(
      std::lower_bound(times_.begin() + static_cast<std::ptrdiff_t>(begin),
                       times_.begin() + static_cast<std::ptrdiff_t>(end), stop) -
      times_.begin());
}

void CounterSeries::columns(std::int64_t t0, double step, int count,
                            std::vector<Column> &out) const {
  out.assign(static_cast<std::size_t>(std::max(0, count)), Column());
  auto place =
      static_cast<std::size_t>(std::lower_bound(times_.begin(), times_.end(), t0) - times_.begin());
  std::size_t guess = 1; // as many as in the column before
  for (int i = 0; i < count; ++i) {
    const auto stop = t0 + static_cast<std::int64_t>(step * (i + 1));
    // Windows hold few points or many; galloping finds either soon.
    const std::size_t next = firstAt(place, stop, guess);
    guess = std::max<std::size_t>(1, next - place);
    Column &column = out[static_cast<std::size_t>(i)];
    const bool before = place > 0;
    if (next > place) {
      const Range values = range(place, next);
      column = {true, before ? values_[place - 1] : values_[place], values_[next - 1], values.least,
                values.greatest};
      column.least = std::min(column.least, column.first);
      column.greatest = std::max(column.greatest, column.first);
    } else if (before) {
      const std::int64_t value = values_[place - 1];
      column = {true, value, value, value, value};
    }
    place = next;
  }
}

} // namespace hotloop::gui
