#include "kernels/routing/sort_rows.h"

#include <algorithm>

namespace hotloop::kernels {

void sortRows(const SortRows &args) {
  std::fill(args.ends, args.ends + args.experts, 0);
  for (std::int64_t slot = 0; slot < args.slots; ++slot) ++args.ends[args.ids[slot]];
  // ends[e] becomes the first row of expert e; the second pass moves it to the end.
  std::int32_t first = 0;
  for (std::int64_t e = 0; e < args.experts; ++e) {
    const std::int32_t count = args.ends[e];
    args.ends[e] = first;
    first += count;
  }
  for (std::int64_t slot = 0; slot < args.slots; ++slot) {
    const std::int64_t row = args.ends[args.ids[slot]]++;
    args.rowOfSlot[slot] = row;
    args.slotOfRow[row] = slot;
    args.tokenOfRow[row] = slot / args.topK;
  }
}

} // namespace hotloop::kernels
