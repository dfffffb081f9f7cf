#include "gui/data/trace/lod.h"

#include <algorithm>
#include <cmath>

namespace hotloop::gui {
namespace {

class Query {
public:
  Query(const Trace &trace, const Lane &lane, std::int64_t t0, double nsPerPixel, int width,
        LodResult &out)
      : trace_(trace), lane_(lane), out_(out), k_(bucketExponent(nsPerPixel)),
        wide_(std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(nsPerPixel)))), t0_(t0),
        t1_(t0 + static_cast<std::int64_t>(std::ceil(nsPerPixel * width))) {
    out.slices.clear();
    out.fine.k = k_;
    out.fine.first = t0 >> k_;
    const std::int64_t last = t1_ >> k_;
    out.fine.buckets.assign(static_cast<std::size_t>(last - out.fine.first + 1), {});
  }

  void run() {
    if (lane_.count == 0 || lane_.levels == 0) return;
    const std::uint32_t from = trace_.lowerBound(lane_, t0_);
    // The one before may reach into the window; it is drawn whole or clipped to it.
    if (from > lane_.first && trace_.end(from - 1) > t0_) leaf(from - 1, from);
    firstSlice_ = from;
    const std::uint32_t top = lane_.levels - 1;
    visit(top, 0, lane_.levelCount[top]);
  }

private:
  std::int64_t nodeEnd(std::uint32_t level, std::uint32_t index) const {
    if (index + 1 < lane_.levelCount[level])
      return trace_.nodes[lane_.levelFirst[level] + index + 1].start;
    return trace_.end(lane_.first + lane_.count - 1);
  }

  void visit(std::uint32_t level, std::uint32_t begin, std::uint32_t end) {
    const Node *nodes = trace_.nodes.data() + lane_.levelFirst[level];
    if (end - begin > kNodeFan) { // the top level: skip what lies before the window
      const Node *first =
          std::lower_bound(nodes + begin, nodes + end, t0_,
                           [](const Node &node, std::int64_t t) { return node.start < t; });
      if (first > nodes + begin) begin = static_cast<std::uint32_t>(first - nodes) - 1;
    }
    const std::int64_t width = std::int64_t{1} << k_;
    for (std::uint32_t i = begin; i < end; ++i) {
      const Node &node = nodes[i];
      if (node.start >= t1_) return;
      const std::int64_t stop = nodeEnd(level, i);
      if (stop <= t0_ && stop != node.start) continue;
      const bool inside = node.start >= t0_;
      if (inside && stop - node.start <= width && node.longestDuration < wide_) {
        whole(node, stop);
      } else if (level == 0) {
        const std::uint32_t first = lane_.first + i * kLeafFan;
        leaf(std::max(first, firstSlice_), std::min(first + kLeafFan, lane_.first + lane_.count));
      } else {
        visit(level - 1, i * kNodeFan, std::min((i + 1) * kNodeFan, lane_.levelCount[level - 1]));
      }
    }
  }

  // A node no wider than a bucket, all of it short slices.
  void whole(const Node &node, std::int64_t stop) {
    const std::int64_t edge = ((node.start >> k_) + 1) << k_;
    const auto busy = static_cast<float>(node.busy);
    if (stop <= edge) {
      addNode(node.start >> k_, busy, node);
      return;
    }
    const float before =
        busy * static_cast<float>(edge - node.start) / static_cast<float>(stop - node.start);
    addNode(node.start >> k_, before, node);
    addNode((node.start >> k_) + 1, busy - before, node);
  }

  void addNode(std::int64_t bucket, float busy, const Node &node) {
    const std::int64_t place = bucket - out_.fine.first;
    if (place < 0 || place >= static_cast<std::int64_t>(out_.fine.buckets.size())) return;
    LodBuckets::Bucket &into = out_.fine.buckets[static_cast<std::size_t>(place)];
    into.busy += busy;
    into.mixed = true;
    if (into.name != kNoSlice && node.longestDuration <= into.longest) return;
    into.longest = node.longestDuration;
    into.name = node.name;
  }

  void leaf(std::uint32_t begin, std::uint32_t end) {
    for (std::uint32_t slice = begin; slice < end; ++slice) {
      const std::int64_t start = trace_.start[slice];
      if (start >= t1_) return;
      const std::int64_t duration = trace_.duration(slice);
      if (duration >= wide_) {
        out_.slices.push_back({slice});
        continue;
      }
      const std::int64_t stop = start + duration;
      const std::uint32_t name = trace_.name[slice];
      const auto longest = static_cast<std::uint32_t>(duration);
      // A slice shorter than a pixel may still lie across three buckets of half a pixel.
      std::int64_t from = start;
      do {
        const std::int64_t edge = ((from >> k_) + 1) << k_;
        const std::int64_t to = std::min(stop, edge);
        add(from >> k_, static_cast<float>(to - from), name, longest);
        from = edge;
      } while (from < stop);
    }
  }

  void add(std::int64_t bucket, float busy, std::uint32_t name, std::uint32_t longest) {
    const std::int64_t place = bucket - out_.fine.first;
    if (place < 0 || place >= static_cast<std::int64_t>(out_.fine.buckets.size())) return;
    LodBuckets::Bucket &into = out_.fine.buckets[static_cast<std::size_t>(place)];
    into.busy += busy;
    if (into.name == kNoSlice) {
      into.name = name;
      into.longest = longest;
      return;
    }
    into.mixed = into.mixed || into.name != name;
    if (longest > into.longest) {
      into.longest = longest;
      into.name = name;
    }
  }

  const Trace &trace_;
  const Lane &lane_;
  LodResult &out_;
  const int k_;
  const std::int64_t wide_;
  const std::int64_t t0_, t1_;
  std::uint32_t firstSlice_ = 0;
};

} // namespace

int bucketExponent(double nsPerPixel) {
  return nsPerPixel < 1 ? 0 : std::min(62, std::ilogb(nsPerPixel));
}

void queryLod(const Trace &trace, const Lane &lane, std::int64_t t0, double nsPerPixel, int width,
              LodResult &out) {
  Query(trace, lane, t0, nsPerPixel, width, out).run();
}

} // namespace hotloop::gui
