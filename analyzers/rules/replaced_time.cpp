#include "analyzers/rules/replaced_time.h"

#include <algorithm>

#include "analyzers/steps/lanes.h"

namespace hotloop {

namespace {

// What a call of an operator costs apart from its arithmetic: its quick ones, but no more than
// calls were seen to take.
constexpr double kQuick = 0.05;
constexpr double kDearestCall = 8'000;

} // namespace

ReplacedTime::ReplacedTime(const RuleInput &input)
    : input_(input), workShare_(input.trace->strings.size(), 0) {
  const OpColumns &ops = input.trace->ops;
  std::vector<std::vector<double>> own(workShare_.size());
  for (std::uint32_t row = 0; row < ops.start.size(); ++row) {
    if (!input.steady(input.ops.step[row])) continue;
    own[ops.name[row].value].push_back(static_cast<double>(input.ops.self[row]));
    if (input.ops.backward[row] == 0 || ops.sequence[row] < 0) continue;
    std::uint32_t root = row;
    for (std::uint32_t up = input.ops.parent[row]; up != kNoIndex && input.ops.backward[up] != 0;
         up = input.ops.parent[up])
      root = up;
    backward_.push_back({input.ops.step[row], ops.sequence[row], root});
  }
  std::ranges::sort(backward_);
  for (std::size_t name = 0; name < own.size(); ++name) {
    const double call = std::min(quantileInPlace(own[name], kQuick), kDearestCall);
    const double usual = medianInPlace(own[name]); // what held up single ones is no arithmetic
    if (usual > 0) workShare_[name] = std::max(0.0, 1 - call / usual);
  }
}

std::span<const std::uint32_t> ReplacedTime::rowsOf(ThreadId lane, std::int64_t start,
                                                    std::int64_t end) const {
  const auto &starts = input_.trace->ops.start;
  const auto begins = [&](std::uint32_t row) { return starts[row].count; };
  for (const LaneOps &of : input_.ops.lanes) {
    if (of.lane != lane) continue;
    const auto first = std::ranges::lower_bound(of.ops, start, {}, begins);
    return {first, std::ranges::lower_bound(first, of.ops.end(), end, {}, begins)};
  }
  return {};
}

ReplacedTime::Sequences ReplacedTime::sequences(ThreadId lane, std::int64_t start,
                                                std::int64_t end) const {
  Sequences result;
  for (const std::uint32_t row : rowsOf(lane, start, end)) {
    const std::int64_t number = input_.trace->ops.sequence[row];
    if (number < 0 || input_.ops.backward[row] != 0) continue;
    result.first = result.first < 0 ? number : std::min(result.first, number);
    result.last = std::max(result.last, number);
  }
  return result;
}

std::vector<std::uint32_t> ReplacedTime::backwardOf(std::uint32_t step, Sequences numbers) const {
  std::vector<std::uint32_t> rows;
  if (numbers.first < 0) return rows;
  auto node = std::ranges::lower_bound(backward_, Node{step, numbers.first, 0});
  for (; node != backward_.end() && node->step == step && node->sequence <= numbers.last; ++node)
    rows.push_back(node->row);
  std::ranges::sort(rows); // rows of a table are by time
  const auto repeated = std::ranges::unique(rows);
  rows.erase(repeated.begin(), repeated.end());
  return rows;
}

std::vector<HostLoop> ReplacedTime::withBackward(std::uint32_t step,
                                                 const HostLoop &forward) const {
  std::vector<HostLoop> loops{forward};
  const auto backward = backwardOf(step, sequences(forward.thread, forward.start, forward.end));
  if (backward.empty()) return loops;
  const OpColumns &ops = input_.trace->ops;
  HostLoop back{ops.lane[backward.front()], ops.start[backward.front()].count, 0, forward.turns};
  for (const std::uint32_t op : backward)
    if (ops.lane[op] == back.thread)
      back.end = std::max(back.end, endOf(ops.start[op], ops.duration[op]).count);
  loops.push_back(back);
  return loops;
}

double ReplacedTime::work(ThreadId lane, std::int64_t start, std::int64_t end) const {
  double sum = 0;
  for (const std::uint32_t row : rowsOf(lane, start, end)) sum += work(row);
  return sum;
}

double ReplacedTime::work(std::uint32_t op) const {
  return static_cast<double>(input_.ops.self[op]) * workShare_[input_.trace->ops.name[op].value];
}

} // namespace hotloop
