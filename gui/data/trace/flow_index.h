#pragma once

#include <cstdint>
#include <vector>

#include "gui/data/trace/trace.h"

namespace hotloop::gui {

// Ties calls of the host to device work of the same process and correlation id. `correlations` by
// slice, 0 none. `flows` comes out by host slice, `byDevice` indexes it by device slice.
void buildFlows(const Trace &trace, const std::vector<std::uint32_t> &correlations,
                std::vector<Flow> &flows, std::vector<std::uint32_t> &byDevice);

} // namespace hotloop::gui
