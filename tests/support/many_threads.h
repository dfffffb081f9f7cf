#pragma once

#include <cstdint>

#include "core/base/result.h"
#include "core/trace/trace_sink.h"

namespace hotloop::test_support {

inline constexpr std::uint64_t kEventsPerThread = 3;

// Plays a process of very many threads into `sink`: each has an operator over the whole time, with
// two others inside of it, at times of its own. The caller finalises the sink. Errors: those of it.
Result<void> makeManyThreads(TraceSink &sink, std::uint32_t threads);

} // namespace hotloop::test_support
