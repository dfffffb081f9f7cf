#pragma once

#include <string>
#include <string_view>

#include "collectors/import/import_report.h"
#include "core/base/result.h"
#include "core/trace/trace_sink.h"
#include "core/trace/trace_view.h"

namespace hotloop {

// What a file is, by its content.
enum class TraceFormat {
  kRun,            // a file of hotloop itself
  kKineto,         // Chrome JSON of torch.profiler
  kNsys,           // SQLite export of Nsight Systems
  kMemorySnapshot, // pickle of torch.cuda.memory
};

// Errors: missing, not readable, or of no known format; formats that another tool converts are
// named with the command that does.
Result<TraceFormat> detectFormat(const std::string &path);

// Reads a foreign trace into `sink`. Errors: as detectFormat(); a run file is none.
Result<ImportReport> importTrace(const std::string &path, TraceSink &sink,
                                 const ImportOptions &options = {});

// Reads it into memory, ready for analysis. `report` tells what was read.
Result<TraceView> importView(const std::string &path, const ImportOptions &options = {},
                             ImportReport *report = nullptr);

} // namespace hotloop
