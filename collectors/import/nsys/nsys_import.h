#pragma once

#include <string>

#include "collectors/import/import_report.h"
#include "core/base/result.h"
#include "core/trace/trace_sink.h"

namespace hotloop {

// Reads an SQLite export of Nsight Systems (`nsys export --type sqlite`), schemas 2.9 to 3.x, into
// `sink`. Only plain tables are read, column by column as far as the export has them; the file is
// never changed. Times are those of the file, ns since the session's start. Errors: damaged,
// locked, no table of such an export.
Result<ImportReport> importNsys(const std::string &path, TraceSink &sink,
                                const ImportOptions &options = {});

} // namespace hotloop
