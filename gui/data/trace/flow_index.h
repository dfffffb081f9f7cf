#pragma once

#include <cstdint>
#include <span>

#include "gui/data/trace/big_array.h"
#include "gui/data/trace/trace.h"

namespace hotloop::gui {

struct FlowIndex {
  BigArray<Flow> byHost;            // by host slice, then device slice
  BigArray<std::uint32_t> byDevice; // indices into byHost, by device slice
};

// Ties calls of the host to device work of the same process and correlation id. `correlations` by
// slice, 0 none; only those of calls and device work are looked at.
FlowIndex buildFlows(const Trace &trace, std::span<const std::uint32_t> correlations);

} // namespace hotloop::gui
