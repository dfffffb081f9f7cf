#pragma once

#include <string>

#include "core/trace/trace_view.h"

namespace hotloop::test_support {

// "" when both runs hold the same rows, texts and facts, else the first difference in words.
// Recorder facts (recorder_pid, recorder_start, boot_id, state) are not compared: only files have
// them.
std::string differenceOf(const TraceView &left, const TraceView &right);

} // namespace hotloop::test_support
