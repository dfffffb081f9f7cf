#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/time.h"

namespace hotloop {

// A step as its marks tell it.
struct StepSpan {
  Nanoseconds start, end;
};

// The median length of the steps outside of the window [open, closed], in which nothing was
// recorded but they: of those after it, or, where there are fewer than three, of the later half of
// those before it. None when there are fewer than three of either.
std::optional<Nanoseconds> stepTimeOutside(const std::vector<StepSpan> &steps, Nanoseconds open,
                                           Nanoseconds closed);

} // namespace hotloop
