#pragma once

#include <span>
#include <string>
#include <string_view>

#include "analyzers/analysis.h"

namespace hotloop {

// What fixes give in a step that the host alone makes (a run without a GPU, which no replay is made
// for): the host time of the findings, less what their replacement still costs, over the step.
struct HostGain {
  double gain = 0, low = 0, high = 0; // 1 - new/old; an interval of about 80 %
  bool modelled = false;              // rests on the share that a replacement still takes
  std::string whyNone;                // not empty: no prediction, and why
};

// Is `id` the rule of "HL304" or "HL304/foreach"?
bool namesRule(std::string_view wanted, std::string_view id);

// `rules`: ids whose findings would be fixed, "HL304/foreach" for one form of a fix. Findings below
// materiality count too.
HostGain hostGain(const Analysis &analysis, std::span<const std::string> rules);

} // namespace hotloop
