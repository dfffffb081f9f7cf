#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hotloop::gui {

// A value over time (bytes allocated, ...): it holds from its time until the next. Queried per
// pixel column as first, last, least and greatest (M4), which draws the same line as all points.
class CounterSeries {
public:
  struct Column {
    bool known = false; // false: no value yet
    std::int64_t first = 0, last = 0, least = 0, greatest = 0;
  };

  CounterSeries() = default;
  // `times` rising.
  CounterSeries(std::string label, std::vector<std::int64_t> times,
                std::vector<std::int64_t> values);

  const std::string &label() const { return label_; }
  std::size_t size() const { return times_.size(); }
  std::int64_t time(std::size_t i) const { return times_[i]; }
  std::int64_t value(std::size_t i) const { return values_[i]; }
  std::int64_t greatest() const { return greatest_; }
  std::size_t greatestAt() const { return greatestAt_; }
  // Value that holds at t; false when there is none yet.
  bool valueAt(std::int64_t t, std::int64_t &value) const;

  // Columns of the half-open windows [t0 + i * step, t0 + (i + 1) * step).
  void columns(std::int64_t t0, double step, int count, std::vector<Column> &out) const;
  const std::vector<std::int64_t> &times() const { return times_; }
  const std::vector<std::int64_t> &values() const { return values_; }

private:
  struct Range {
    std::int64_t least, greatest;
  };
  Range range(std::size_t first, std::size_t end) const;
  // Index of the first time from `from` on that is not before `stop`, probably `guess` farther.
  std::size_t firstAt(std::size_t from, std::int64_t stop, std::size_t guess) const;

  std::string label_;
  std::vector<std::int64_t> times_, values_;
  std::vector<std::int64_t> blockTimes_;   // every 32nd
  std::vector<std::vector<Range>> levels_; // fan-out 32
  std::int64_t greatest_ = 0;
  std::size_t greatestAt_ = 0;
};

} // namespace hotloop::gui
