#pragma once

#include <string>

#include "core/base/result.h"
#include "core/export/export_options.h"

namespace hotloop {

// Writes the run file `run` as a Perfetto trace (protobuf): a track per thread and stream, with
// further ones where work overlaps; counters of memory; arrows from calls to their device work;
// names interned. Events are streamed in order of time per track. Errors: those of opening a run,
// of writing.
Result<ExportReport> exportPerfetto(const std::string &run, const std::string &path,
                                    const ExportOptions &options);

} // namespace hotloop
