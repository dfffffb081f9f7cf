#include "collectors/import/import_trace.h"

#include <fstream>
#include <utility>
#include <vector>

#include "collectors/import/kineto/kineto_import.h"
#include "collectors/import/memory_snapshot/snapshot_import.h"
#include "collectors/import/nsys/nsys_import.h"
#include "core/input/byte_source.h"
#include "core/metrics/quality.h"
#include "core/store/temporary_folder.h"
#include "core/trace/trace_builder.h"

namespace hotloop {

namespace {

constexpr std::size_t kBeginning = 4096;
constexpr std::uint64_t kLargestInflated = std::uint64_t{8} << 30;

struct Beginning {
  std::string text; // decompressed
  bool compressed = false;
};

bool isSqlite(std::string_view beginning) {
  return beginning.starts_with(std::string_view("SQLite format 3\0", 16));
}
// The application id of core/store/schema.h, at byte 68 of SQLite's header.
bool isRunFile(std::string_view beginning) {
  return isSqlite(beginning) && beginning.size() > 72 && beginning.substr(68, 4) == "HLTR";
}

Result<Beginning> readBeginning(const std::string &path) {
  HOTLOOP_ASSIGN(ByteSource source, ByteSource::open(path));
  Beginning beginning{std::string(kBeginning, '\0'), source.compressed()};
  std::size_t filled = 0;
  while (filled < kBeginning) {
    HOTLOOP_ASSIGN(const std::size_t got,
                   source.read(beginning.text.data() + filled, kBeginning - filled));
    if (got == 0) break;
    filled += got;
  }
  beginning.text.resize(filled);
  if (filled == 0)
    return Unexpected(
        corrupt(path + ": cannot be decompressed" +
                (source.trouble().empty() ? ": it holds nothing" : ": " + source.trouble())));
  return beginning;
}

// Files of which only their makers know the inside.
Error refusal(const std::string &path, std::string_view beginning) {
  const std::string toSqlite = "nsys export --type sqlite -o report.sqlite ";
  if (beginning.starts_with("NVIDIA Tegra Profiler Report"))
    return unsupported(
        path + ": is a report of Nsight Systems (.nsys-rep); convert it first: " + toSqlite + path);
  if (beginning.starts_with("NVR\0") || beginning.starts_with("\"ID\",\"Process ID\""))
    return unsupported(path +
                       ": is of Nsight Compute, which looks into single kernels; hotloop reads "
                       "timelines: record one with nsys profile and convert it with " +
                       toSqlite + "report.nsys-rep");
  if (beginning.size() > 262 && beginning.substr(257, 5) == "ustar")
    return unsupported(path + ": is a tar archive; unpack it (tar xf) and name the traces in it");
  return invalidInput(path + ": is of no format that hotloop reads: a run of hotloop, a JSON trace "
                             "of torch.profiler, an SQLite export of Nsight Systems, a memory "
                             "snapshot of torch (each plain or gzip)");
}

Result<TraceFormat> formatOf(const std::string &path, const Beginning &beginning) {
  if (isRunFile(beginning.text) && !beginning.compressed) return TraceFormat::kRun;
  if (isRunFile(beginning.text))
    return Unexpected(invalidInput(path + ": is a compressed run file; decompress it first "
                                          "(gunzip)"));
  if (isSqlite(beginning.text)) return TraceFormat::kNsys;
  if (looksLikePickle(beginning.text)) return TraceFormat::kMemorySnapshot;
  if (looksLikeKineto(beginning.text)) return TraceFormat::kKineto;
  return Unexpected(refusal(path, beginning.text));
}

// SQLite reads files, not streams.
Result<ImportReport> importInflatedNsys(const std::string &path, TraceSink &sink,
                                        const ImportOptions &options) {
  HOTLOOP_ASSIGN(ByteSource source, ByteSource::open(path));
  HOTLOOP_ASSIGN(const TemporaryFolder folder, TemporaryFolder::create());
  const std::string copy = folder.path() / "export.sqlite";
  std::ofstream out(copy, std::ios::binary);
  std::vector<char> buffer(1u << 20);
  std::uint64_t written = 0;
  while (true) {
    HOTLOOP_ASSIGN(const std::size_t got, source.read(buffer.data(), buffer.size()));
    if (got == 0) break;
    written += got;
    out.write(buffer.data(), static_cast<std::streamsize>(got));
    if (!out || written > kLargestInflated)
      return Unexpected(
          Error{ErrorKind::kNoSpace,
                path + ": cannot be decompressed into the folder for temporary files (it is full, "
                       "or the file has more than 8 GiB); decompress it yourself (gunzip)"});
  }
  out.close();
  if (!source.trouble().empty())
    return Unexpected(corrupt(path + ": cannot be decompressed: " + source.trouble()));
  auto report = importNsys(copy, sink, options);
  if (report) return report;
  Error error = report.error(); // which names the copy
  for (std::size_t at = error.message.find(copy); at != std::string::npos;
       at = error.message.find(copy))
    error.message.replace(at, copy.size(), path);
  return Unexpected(std::move(error));
}

} // namespace

Result<TraceFormat> detectFormat(const std::string &path) {
  HOTLOOP_ASSIGN(const Beginning beginning, readBeginning(path));
  return formatOf(path, beginning);
}

Result<ImportReport> importTrace(const std::string &path, TraceSink &sink,
                                 const ImportOptions &options) {
  HOTLOOP_ASSIGN(const Beginning beginning, readBeginning(path));
  HOTLOOP_ASSIGN(const TraceFormat format, formatOf(path, beginning));
  switch (format) {
  case TraceFormat::kKineto: return importKineto(path, sink, options);
  case TraceFormat::kNsys:
    return beginning.compressed ? importInflatedNsys(path, sink, options)
                                : importNsys(path, sink, options);
  case TraceFormat::kMemorySnapshot: return importMemorySnapshot(path, sink, options);
  case TraceFormat::kRun: break;
  }
  return Unexpected(invalidInput(path + ": is a run file of hotloop already"));
}

Result<TraceView> importView(const std::string &path, const ImportOptions &options,
                             ImportReport *report) {
  TraceBuilder builder;
  HOTLOOP_ASSIGN(ImportReport read, importTrace(path, builder, options));
  if (report != nullptr) *report = std::move(read);
  TraceData data = builder.take();
  HOTLOOP_ASSIGN(const NormaliseCounts counts, normalise(data));
  TraceBuilder mended(std::move(data));
  reportQuality(mended, "negative_durations", counts.negativeDurations);
  reportQuality(mended, "impossible_times", counts.impossibleTimes);
  reportQuality(mended, "dangling_references", counts.danglingReferences);
  data = mended.take();
  mergeQuality(data);
  return TraceView(std::move(data));
}

} // namespace hotloop
