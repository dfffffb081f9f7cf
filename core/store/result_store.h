#pragma once

#include <functional>
#include <string>

#include "core/base/result.h"
#include "core/trace/trace_sink.h"

namespace hotloop {

// Stores in a finished run file what analyzers found out, in place of what an earlier analysis
// stored: all result tables but `quality` are emptied first; a quality row replaces that of the
// same name; steps are added to those that the file has.
//
// `fill` is called once with a sink for texts, steps and rows of result tables. Rows that refer to
// events (step_counter.step, evidence.row) count them from 1 as loadRun() orders them, new steps
// behind the file's; the file holds rowids. All or nothing: on an error the file is as it was.
// Errors: as loadRun; also a file that is read-only, still being recorded or of an older format.
Result<void> storeResults(const std::string &path, const std::function<void(TraceSink &)> &fill);

} // namespace hotloop
