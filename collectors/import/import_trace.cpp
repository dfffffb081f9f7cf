#include "collectors/import/import_trace.h"

#include <utility>

#include "collectors/import/kineto/kineto_import.h"
#include "core/input/byte_source.h"
#include "core/metrics/quality.h"
#include "core/trace/trace_builder.h"

namespace hotloop {

namespace {

constexpr std::size_t kBeginning = 4096;

bool isSqlite(std::string_view beginning) {
  return beginning.starts_with(std::string_view("SQLite format 3\0", 16));
}
// The application id of core/store/schema.h, at byte 68 of SQLite's header.
bool isRunFile(std::string_view beginning) {
  return isSqlite(beginning) && beginning.size() > 72 && beginning.substr(68, 4) == "HLTR";
}

Result<std::string> readBeginning(const std::string &path) {
  HOTLOOP_ASSIGN(ByteSource source, ByteSource::open(path));
  std::string beginning(kBeginning, '\0');
  std::size_t filled = 0;
  while (filled < kBeginning) {
    HOTLOOP_ASSIGN(const std::size_t got,
                   source.read(beginning.data() + filled, kBeginning - filled));
    if (got == 0) break;
    filled += got;
  }
  beginning.resize(filled);
  if (filled == 0 && !source.trouble().empty())
    return Unexpected(corrupt(path + ": cannot be decompressed: " + source.trouble()));
  return beginning;
}

} // namespace

Result<TraceFormat> detectFormat(const std::string &path) {
  HOTLOOP_ASSIGN(const std::string beginning, readBeginning(path));
  if (isRunFile(beginning)) return TraceFormat::kRun;
  if (looksLikeKineto(beginning)) return TraceFormat::kKineto;
  return Unexpected(invalidInput(path + ": is of no format that hotloop reads (a run file, a JSON "
                                        "trace of torch.profiler, plain or gzip)"));
}

Result<ImportReport> importTrace(const std::string &path, TraceSink &sink,
                                 const ImportOptions &options) {
  HOTLOOP_ASSIGN(const TraceFormat format, detectFormat(path));
  switch (format) {
  case TraceFormat::kKineto: return importKineto(path, sink, options);
  case TraceFormat::kRun: break;
  }
  return Unexpected(invalidInput(path + ": is a run file of hotloop already"));
}

Result<TraceView> importView(const std::string &path, const ImportOptions &options) {
  TraceBuilder builder;
  HOTLOOP_TRY(importTrace(path, builder, options));
  TraceData data = builder.take();
  HOTLOOP_ASSIGN(const NormaliseCounts counts, normalise(data));
  TraceBuilder mended(std::move(data));
  reportQuality(mended, "negative_durations", counts.negativeDurations);
  reportQuality(mended, "dangling_references", counts.danglingReferences);
  data = mended.take();
  mergeQuality(data);
  return TraceView(std::move(data));
}

} // namespace hotloop
