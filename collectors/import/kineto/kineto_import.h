#pragma once

#include <string>

#include "collectors/import/import_report.h"
#include "core/base/result.h"
#include "core/trace/trace_sink.h"

namespace hotloop {

// Reads a trace of torch.profiler, plain or gzip, of any generation, into `sink`: a stream, in
// memory that does not grow with the file. A file that breaks off is read up to its last whole
// event and says so in the quality table. Events keep the clock of the file: ns, relative to
// baseTimeNanoseconds where it has one (meta start_realtime ties it to the wall clock).
// Errors: not readable, no trace, an event larger than 64 MiB.
Result<ImportReport> importKineto(const std::string &path, TraceSink &sink,
                                  const ImportOptions &options = {});

} // namespace hotloop
