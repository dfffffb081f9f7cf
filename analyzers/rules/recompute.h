#pragma once

#include <cstdint>
#include <vector>

#include "analyzers/rules/rule_input.h"

namespace hotloop {

// Operators of the forward pass that run again inside of the backward pass (checkpointing), in
// steady steps, outermost ones: they carry a sequence number, which those of a backward function do
// not.
std::vector<std::uint32_t> recomputedOps(const RuleInput &input);

// Largest live bytes of PyTorch's allocator on the device, and the memory of the largest device; 0
// unknown.
double peakBytes(const RuleInput &input);
double deviceBytes(const RuleInput &input);

} // namespace hotloop
