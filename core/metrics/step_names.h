#pragma once

#include <cstdint>
#include <string_view>

namespace hotloop {

// Whether a range of this name marks an iteration of the hot loop ("step", "Step 12",
// "ProfilerStep#3", "train-step: 7", but not "step forward"), and its number; -1 when it tells
// none.
bool isStepName(std::string_view name, std::int64_t &number);

} // namespace hotloop
