#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analyzers/rules/fix_plan.h"
#include "analyzers/rules/rule_input.h"

namespace hotloop {

// Of operators that a fix puts others in place of: their backward pass, and how much of their time
// is arithmetic that the others do as well.
class ReplacedTime {
public:
  explicit ReplacedTime(const RuleInput &input);

  // Of [start, end) on a thread: the numbers that tie operators to their backward functions.
  struct Sequences {
    std::int64_t first = -1, last = -1; // -1: none
  };
  Sequences sequences(ThreadId lane, std::int64_t start, std::int64_t end) const;
  // The backward functions of such operators of a step: outermost rows of trace->ops, by time.
  std::vector<std::uint32_t> backwardOf(std::uint32_t step, Sequences numbers) const;
  // A loop of a step and, in training, what autograd makes of it: one stretch of the backward pass,
  // as its order is that of the loop turned around.
  std::vector<HostLoop> withBackward(std::uint32_t step, const HostLoop &forward) const;
  // Own time of the operators that begin within [start, end) on a thread, less the share that a
  // quick call of that name takes of a median one.
  double work(ThreadId lane, std::int64_t start, std::int64_t end) const;
  // The same of one row.
  double work(std::uint32_t op) const;

private:
  struct Node {
    std::uint32_t step;
    std::int64_t sequence;
    std::uint32_t row;
    auto operator<=>(const Node &) const = default;
  };
  std::span<const std::uint32_t> rowsOf(ThreadId lane, std::int64_t start, std::int64_t end) const;

  const RuleInput &input_;
  std::vector<Node> backward_;
  std::vector<double> workShare_; // by StringId, of the own time
};

} // namespace hotloop
