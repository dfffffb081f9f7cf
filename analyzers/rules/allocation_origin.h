#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "analyzers/rules/rule_input.h"

namespace hotloop {

// How a program came to a block of memory.
enum class AllocationOrigin : std::uint8_t {
  kResult,   // an operator's result or scratch space: every eager operator has them
  kAskedFor, // the program called an operator whose purpose is a new tensor (empty, zeros, cat,
             // clone)
  kRaw,      // the program took it from the driver, past PyTorch's caching allocator
};

// Tells them apart. An asked-for tensor that autograd made or keeps for the backward pass counts as
// a result: the program could not have reused a buffer there.
class AllocationOrigins {
public:
  explicit AllocationOrigins(const RuleInput &input);

  AllocationOrigin of(std::uint32_t allocation) const;
  // The operator that the program called and that took this block; kNoIndex when none was open.
  std::uint32_t calledOperator(std::uint32_t allocation) const;
  bool inBackward(std::uint32_t allocation) const;

private:
  const RuleInput &input_;
  std::unordered_set<std::int64_t>
      differentiated_; // sequence numbers that have a backward function
};

// Is `row` of trace->allocations a block taken in a steady step and not explained by an earlier
// rule?
bool takenInSteadyStep(const RuleInput &input, std::uint32_t row);

// Steps::all index -> position in Steps::steady; kNoIndex for the others.
std::vector<std::uint32_t> steadyPositions(const Steps &steps);

// "1.5 MiB", "320 KiB", "12 bytes".
std::string bytesText(double bytes);

} // namespace hotloop
