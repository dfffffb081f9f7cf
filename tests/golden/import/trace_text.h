#pragma once

#include <string>

#include "core/trace/trace_view.h"

namespace hotloop::test_support {

// What a run holds, in the words of tests/golden/import/slow_counts.py: rows by kind, work of each
// stream, launches and waits of each step of torch.profiler. `name` heads the text.
std::string traceText(const std::string &name, const TraceView &trace);

} // namespace hotloop::test_support
