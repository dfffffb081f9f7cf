#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/trace/trace_view.h"
#include "gui/data/trace/trace.h"

namespace hotloop::gui {

inline constexpr std::uint32_t kNoNode = 0xFFFFFFFFu;

// A path of ranges, operators and calls, and what was spent there over the whole run.
struct CallNode {
  std::string name;
  Category category = Category::kOperator;
  std::uint32_t parent = kNoNode;
  std::vector<std::uint32_t> children; // most time first
  std::uint64_t count = 0;
  std::int64_t total = 0;  // ns of the host, what lies below included
  std::int64_t self = 0;   // ns of the host without it
  std::int64_t device = 0; // ns of device work started here or below
  std::uint64_t launches = 0;
  std::int64_t bytes = 0; // allocated here or below
};

// Numbers in names of ranges and user scopes are '*', so that "layer 0" and "layer 1" are one path.
// Node 0 is the whole run; its children are threads.
struct CallTree {
  std::vector<CallNode> nodes;
  bool cut = false; // more paths than are kept: the rest counts with its parent
};
CallTree buildCallTree(const TraceView &trace);

} // namespace hotloop::gui
