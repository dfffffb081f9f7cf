#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/export/export_options.h"

namespace hotloop {

enum class ExportFormat { kNsys, kKineto, kPerfetto, kCsv };

// Where an export goes when nothing else is said: the run's name with the format's usual ending.
std::string exportName(const std::string &run, ExportFormat format);

// Writes the run file `run` in another tool's format; docs/formats.md tells what each can carry.
// Memory does not grow with the number of events. Errors: those of opening a run, of writing.
Result<ExportReport> exportRun(const std::string &run, const std::string &path, ExportFormat format,
                               const ExportOptions &options);

} // namespace hotloop
