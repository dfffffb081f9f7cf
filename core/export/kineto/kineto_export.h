#pragma once

#include <string>

#include "core/base/result.h"
#include "core/export/export_options.h"

namespace hotloop {

// Writes the run file `run` as a trace of torch.profiler (Chrome JSON, .gz when `path` ends so), as
// HTA, Perfetto and chrome://tracing read it. Events are streamed; what the format cannot carry is
// in docs/formats.md. Errors: those of opening a run, of writing.
Result<ExportReport> exportKineto(const std::string &run, const std::string &path,
                                  const ExportOptions &options);

} // namespace hotloop
