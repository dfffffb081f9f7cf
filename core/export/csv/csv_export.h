#pragma once

#include <string>

#include "core/base/result.h"
#include "core/export/export_options.h"

namespace hotloop {

// Writes the run file `run` as one CSV file per table that has rows, into the folder `path` (made
// where missing). Columns as docs/trace_format.md names them, in its order, with the id first;
// texts in place of their ids. RFC 4180, UTF-8. Errors: those of opening a run, of writing.
Result<ExportReport> exportCsv(const std::string &run, const std::string &path,
                               const ExportOptions &options);

} // namespace hotloop
