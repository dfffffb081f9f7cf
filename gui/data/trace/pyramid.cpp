#include "gui/data/trace/pyramid.h"

#include <algorithm>

namespace hotloop::gui {
namespace {

constexpr std::uint32_t kSmallTop = 64; // nodes that need no level above them

std::uint32_t clipped(std::int64_t duration) {
  return static_cast<std::uint32_t>(std::min<std::int64_t>(duration, kLongDuration));
}

} // namespace

std::uint32_t layOutPyramid(Lane &lane, std::uint32_t firstNode) {
  lane.levels = 0;
  std::uint32_t total = 0;
  std::uint32_t below = lane.count;
  std::uint32_t fan = kLeafFan;
  while (below > 0 && lane.levels < kMostLevels) {
    const std::uint32_t count = (below - 1) / fan + 1;
    lane.levelFirst[lane.levels] = firstNode + total;
    lane.levelCount[lane.levels] = count;
    ++lane.levels;
    total += count;
    if (count <= kSmallTop) break;
    below = count;
    fan = kNodeFan;
  }
  return total;
}

void buildPyramid(const Trace &trace, const Lane &lane, Node *nodes) {
  for (std::uint32_t level = 0; level < lane.levels; ++level) {
    Node *out = nodes + lane.levelFirst[level];
    const bool leaf = level == 0;
    const std::uint32_t fan = leaf ? kLeafFan : kNodeFan;
    const std::uint32_t below = leaf ? lane.count : lane.levelCount[level - 1];
    const Node *in = leaf ? nullptr : nodes + lane.levelFirst[level - 1];
    for (std::uint32_t n = 0; n < lane.levelCount[level]; ++n) {
      Node node;
      const std::uint32_t end = std::min(below, (n + 1) * fan);
      node.start = leaf ? trace.start[lane.first + n * fan] : in[n * fan].start;
      node.name = leaf ? trace.name[lane.first + n * fan] : in[n * fan].name;
      for (std::uint32_t i = n * fan; i < end; ++i) {
        std::uint32_t longest = 0;
        if (leaf) {
          const std::uint32_t slice = lane.first + i;
          const std::int64_t duration = trace.duration(slice);
          node.busy += static_cast<std::uint64_t>(duration);
          longest = clipped(duration);
        } else {
          node.busy += in[i].busy;
          longest = in[i].longestDuration;
        }
        if (longest > node.longestDuration) {
          node.longestDuration = longest;
          node.name = leaf ? trace.name[lane.first + i] : in[i].name;
        }
      }
      out[n] = node;
    }
  }
}

} // namespace hotloop::gui
