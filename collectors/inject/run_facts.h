#pragma once

#include <cstdint>

#include "collectors/inject/recorder.h"
#include "core/trace/trace_sink.h"

namespace hotloop {

// The meta rows that are known before the program starts: command, folder, machine, environment
// subset.
void writeStartFacts(TraceSink &sink, const RecordOptions &options);
// Those known at the end: exit status, times, what the recorder itself cost.
void writeEndFacts(TraceSink &sink, const RecordOutcome &outcome, std::int64_t endMonotonic);

} // namespace hotloop
