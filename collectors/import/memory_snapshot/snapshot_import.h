#pragma once

#include <string>

#include "collectors/import/import_report.h"
#include "core/base/result.h"
#include "core/trace/trace_sink.h"

namespace hotloop {

// Reads a snapshot of torch.cuda.memory (`_dump_snapshot`), plain or gzip, of today's and of the
// old form, into `sink`: the history of allocations with their stacks, what was alive before it
// began, and annotations as ranges. The pickle is read by a machine that knows plain data only and
// never runs anything. Memory: about twenty times the decompressed file, which may have 1 GiB.
// Errors: not readable, damaged, code in the pickle, no snapshot.
Result<ImportReport> importMemorySnapshot(const std::string &path, TraceSink &sink,
                                          const ImportOptions &options = {});

} // namespace hotloop
