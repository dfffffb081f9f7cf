#include "cli/import/import_run.h"

#include <chrono>
#include <filesystem>

#include <fmt/format.h>

#include "cli/build_info.h"
#include "collectors/import/shifted_sink.h"
#include "core/metrics/quality.h"
#include "core/store/background_sink.h"
#include "core/store/output_file.h"
#include "core/store/run_writer.h"
#include "core/trace/meta_keys.h"

namespace hotloop::cli {

namespace {

Result<ImportReport> readInto(TraceSink &writer, const std::string &source,
                              const ImportOptions &options, const std::optional<RankClock> &clock) {
  writer.setMeta(meta_key::kToolVersion, buildInfo().version);
  if (!clock) return importTrace(source, writer, options);
  ShiftedSink shifted(writer, clock->shift, clock->rank);
  if (clock->shift.count != 0 || !clock->aligned)
    reportQuality(writer, clock->aligned ? "import_clock_aligned" : "import_clocks_not_aligned", 1,
                  fmt::format("shift {:.6f} ms, {} collectives, spread {:.3f} ms",
                              clock->shift.milliseconds(), clock->collectives,
                              clock->spread.milliseconds()));
  return importTrace(source, shifted, options);
}

} // namespace

Result<ImportedRun> importRun(const std::string &source, const std::string &path, bool overwrite,
                              const ImportOptions &options, const std::optional<RankClock> &clock) {
  const auto begin = std::chrono::steady_clock::now();
  HOTLOOP_ASSIGN(const TraceFormat format, detectFormat(source));
  if (format == TraceFormat::kRun)
    return Unexpected(invalidInput(source + ": is a run file of hotloop already"));
  RunWriterOptions writing;
  writing.overwrite = overwrite;
  writing.rowsPerTransaction = 200'000;
  writing.maxTransactionAge = std::chrono::seconds(60);
  writing.survivesWriter = false;
  HOTLOOP_ASSIGN(const std::unique_ptr<RunWriter> writer, RunWriter::create(path, writing));
  auto report = [&]() -> Result<ImportReport> {
    BackgroundSink sink(*writer);
    HOTLOOP_ASSIGN(ImportReport read, readInto(sink, source, options, clock));
    HOTLOOP_TRY(sink.finish());
    return read;
  }();
  const Result<void> finished =
      writer->finalise(report && report->truncated ? RunState::kTruncated : RunState::kClean);
  if (!report || !finished) {
    removeRunFile(path);
    return Unexpected(report ? finished.error() : report.error());
  }
  ImportedRun run;
  run.path = path;
  run.report = *report;
  run.rows = writer->rowsWritten();
  run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return run;
}

std::string importedName(const std::string &source) {
  std::string name = std::filesystem::path(source).filename();
  for (const std::string_view ending :
       {".gz", ".json", ".sqlite", ".pickle", ".pkl", ".trace", ".pt"})
    if (name.size() > ending.size() && name.ends_with(ending))
      name.resize(name.size() - ending.size());
  return name + ".hotloop";
}

} // namespace hotloop::cli
