#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "analyzers/rules/rule_input.h"

namespace hotloop {

// An operator that the program called itself (no other operator called it), with what all operators
// under it would do on a device.
struct CalledOp {
  std::uint32_t op = kNoIndex; // row of trace->ops
  std::uint32_t step = 0;      // index in Steps::all
  std::uint16_t launches = 0;
  std::uint16_t syncs = 0;
};

// Those of one thread in one steady step, in time order.
struct CalledRun {
  ThreadId lane;
  std::vector<CalledOp> ops;
};

// The forward operators of all steady steps, backward passes left out. Rows that a rule before
// claimed are there all the same: look at RuleInput::claimedOps.
std::vector<CalledRun> calledOps(const RuleInput &input);

// A set of operator names, for asking by row.
class NameSet {
public:
  NameSet(const RuleInput &input, std::span<const std::string_view> names);
  bool contains(StringId name) const { return name.value < in_.size() && in_[name.value]; }

private:
  std::vector<bool> in_;
};

} // namespace hotloop
