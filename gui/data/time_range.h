#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.h"

namespace hotloop::gui {

struct RunDocument;

// A stretch of a trace, ns since its origin.
struct TimeRange {
  std::int64_t t0 = 0, t1 = 0;
};

// "1.2s..1.25s" (ns, us, ms, s; either end may be left out), "step:12", "steps:10..20" (numbers as
// the program counts), "finding:1" (its first occurrence), "all". Error: a sentence that says what
// is allowed.
Result<TimeRange> parseTimeRange(const std::string &text, const RunDocument &document);

} // namespace hotloop::gui
