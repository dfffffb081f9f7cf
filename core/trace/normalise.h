#pragma once

#include <cstdint>

#include "core/base/result.h"
#include "core/trace/trace_view.h"

namespace hotloop {

// What normalise() had to mend; the quality catalogue has a sentence for each.
struct NormaliseCounts {
  std::int64_t negativeDurations = 0;
  std::int64_t impossibleTimes = 0;
  std::int64_t danglingReferences = 0; // cyclic parents included
};

// Brings tables that were filled in any order into the form that trace_view.h promises, so that no
// reader needs to check an id or a time again: entity tables dense, the later row of an id wins;
// event tables sorted by (start, longer first, shallower first, order of arrival); negative
// durations 0; times that no clock has mended (event_order.h); references to absent rows 0; parents
// (stack, frame, process) without cycles; step_counter.step and evidence.row, which count rows in
// order of arrival, renumbered to the sorted order. Error kCorrupt: entity ids so large that the
// tables would not fit.
Result<NormaliseCounts> normalise(TraceData &data);

// Merges quality rows of one name (counts add up; the higher severity and the later message stay)
// and puts the count in place of the `{}` of each message.
void mergeQuality(TraceData &data);

} // namespace hotloop
