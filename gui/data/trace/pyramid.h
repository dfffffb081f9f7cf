#pragma once

#include <cstdint>
#include <vector>

#include "gui/data/trace/trace.h"

namespace hotloop::gui {

// Nodes that a lane of `count` slices needs on all its levels; fills levels, levelFirst (from
// `firstNode` on) and levelCount.
std::uint32_t layOutPyramid(Lane &lane, std::uint32_t firstNode);

// Fills the nodes of the lane, which lie where layOutPyramid() put them.
void buildPyramid(const Trace &trace, const Lane &lane, Node *nodes);

} // namespace hotloop::gui
