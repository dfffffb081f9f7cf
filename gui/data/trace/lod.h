#pragma once

#include <cstdint>
#include <vector>

#include "gui/data/trace/trace.h"

namespace hotloop::gui {

// What to draw of a lane in a window. Buckets are windows of 2^k ns counted from the origin of the
// trace, 0.5 to 1 pixel wide, so that panning never bins anew and nothing shimmers.
struct LodBuckets {
  int k = 0;              // log2 of the width in ns
  std::int64_t first = 0; // bucket i covers [(first + i) << k, (first + i + 1) << k)
  struct Bucket {
    float busy = 0;                // ns covered by slices shorter than a pixel
    std::uint32_t name = kNoSlice; // of the longest of them (an index of Trace::names)
    std::uint32_t longest = 0;
    bool mixed = false; // slices of several names
  };
  std::vector<Bucket> buckets;
};
struct LodSlice {
  std::uint32_t slice = 0;
};
struct LodResult {
  LodBuckets fine;              // what is shorter than a pixel
  std::vector<LodSlice> slices; // the rest, by start
};

// Width exponent of the buckets at `nsPerPixel`.
int bucketExponent(double nsPerPixel);

// The lane in [t0, t0 + width * nsPerPixel). Costs O(log n + width), whatever the lane holds.
// Slices of at least a pixel come out as such; of shorter ones the covered time per bucket, exact
// but for nodes that straddle a bucket's edge, whose time is split by length. The sum over all
// buckets is exact up to the window's edges.
void queryLod(const Trace &trace, const Lane &lane, std::int64_t t0, double nsPerPixel, int width,
              LodResult &out);

} // namespace hotloop::gui
