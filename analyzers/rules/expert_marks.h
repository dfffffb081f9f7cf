#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "analyzers/rules/rule_input.h"

namespace hotloop {

// Marks that a program writes with one number per expert.
inline constexpr std::string_view kTokensMark = "tokens per expert";
inline constexpr std::string_view kPaddedMark = "padded tokens per expert";

// Marks of one name without a step or another thread's mark in between.
struct ExpertSample {
  std::uint32_t row = 0; // of the first, in trace->ranges
  std::vector<double> values;
};
std::vector<ExpertSample> expertSamples(const RuleInput &input, std::string_view name);

} // namespace hotloop
