#include "core/export/export_run.h"

#include <filesystem>

#include "core/export/csv/csv_export.h"
#include "core/export/kineto/kineto_export.h"
#include "core/export/perfetto/perfetto_export.h"
#include "core/store/nsys_export.h"

namespace hotloop {

namespace {

Result<ExportReport> exportNsys(const std::string &run, const std::string &path,
                                const ExportOptions &options) {
  NsysExportOptions tables;
  tables.from = options.window.from;
  tables.to = options.window.to;
  tables.overwrite = options.overwrite;
  tables.progress = options.progress;
  ExportReport report;
  HOTLOOP_ASSIGN(report.events, exportNsysTables(run, path, tables));
  std::error_code failed;
  report.bytes = std::filesystem::file_size(path, failed);
  return report;
}

} // namespace

std::string exportName(const std::string &run, ExportFormat format) {
  std::string name = std::filesystem::path(run).filename();
  for (const std::string_view ending : {".gz", ".hotloop", ".json", ".sqlite", ".pickle"})
    if (name.size() > ending.size() && name.ends_with(ending))
      name.resize(name.size() - ending.size());
  switch (format) {
  case ExportFormat::kNsys: return name + ".sqlite";
  case ExportFormat::kKineto: return name + ".pt.trace.json.gz";
  case ExportFormat::kPerfetto: return name + ".perfetto-trace";
  case ExportFormat::kCsv: return name + ".csv";
  }
  return name;
}

Result<ExportReport> exportRun(const std::string &run, const std::string &path, ExportFormat format,
                               const ExportOptions &options) {
  switch (format) {
  case ExportFormat::kNsys: return exportNsys(run, path, options);
  case ExportFormat::kKineto: return exportKineto(run, path, options);
  case ExportFormat::kPerfetto: return exportPerfetto(run, path, options);
  case ExportFormat::kCsv: return exportCsv(run, path, options);
  }
  return Unexpected(internalError("no such format"));
}

} // namespace hotloop
