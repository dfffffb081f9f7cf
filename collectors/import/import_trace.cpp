#include "collectors/import/import_trace.h"

#include <fstream>
#include <utility>
#include <vector>

#include "collectors/import/kineto/kineto_import.h"
#include "collectors/import/memory_snapshot/snapshot_import.h"
#include "collectors/import/nsys/nsys_import.h"
#include "core/input/byte_source.h"
#include "core/input/file_content.h"
#include "core/metrics/quality.h"
#include "core/store/temporary_folder.h"
#include "core/trace/trace_builder.h"

namespace hotloop {

namespace {

constexpr std::uint64_t kLargestInflated = std::uint64_t{8} << 30;

Result<TraceFormat> formatOf(const std::string &path, const FileBeginning &beginning) {
  switch (contentOf(beginning)) {
  case FileContent::kRun: return TraceFormat::kRun;
  case FileContent::kSqlite: return TraceFormat::kNsys;
  case FileContent::kPickle: return TraceFormat::kMemorySnapshot;
  case FileContent::kJson: return TraceFormat::kKineto;
  case FileContent::kCompressedRun:
  case FileContent::kOther: break;
  }
  return Unexpected(refusal(path, beginning));
}

// Bytes that the file has by SQLite's header, pages by their size; 0: the header does not tell
// (sqlite.org/fileformat.html, 1.3.7).
std::uint64_t bytesByHeader(std::string_view header) {
  if (header.size() < 100) return 0;
  const auto number = [&](std::size_t at, std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      value = value << 8 | static_cast<unsigned char>(header[at + i]);
    return value;
  };
  if (number(24, 4) != number(92, 4)) return 0; // an old SQLite wrote last
  const std::uint64_t pageSize = number(16, 2) == 1 ? 65536 : number(16, 2);
  return number(28, 4) * pageSize;
}

// SQLite reads files, not streams.
Result<ImportReport> importInflatedNsys(const std::string &path, TraceSink &sink,
                                        const ImportOptions &options) {
  HOTLOOP_ASSIGN(ByteSource source, ByteSource::open(path));
  HOTLOOP_ASSIGN(const TemporaryFolder folder, TemporaryFolder::create());
  const std::string copy = folder.path() / "export.sqlite";
  std::uint64_t expected = 0; // what follows belongs to no page
  std::ofstream out(copy, std::ios::binary);
  std::vector<char> buffer(1u << 20);
  std::uint64_t written = 0;
  while (true) {
    HOTLOOP_ASSIGN(const std::size_t got, source.read(buffer.data(), buffer.size()));
    if (got == 0) break;
    if (written == 0) expected = bytesByHeader(std::string_view(buffer.data(), got));
    written += got;
    out.write(buffer.data(), static_cast<std::streamsize>(got));
    if (!out || written > kLargestInflated)
      return Unexpected(
          Error{ErrorKind::kNoSpace,
                path + ": cannot be decompressed into the folder for temporary files (it is full, "
                       "or the file has more than 8 GiB); decompress it yourself (gunzip)"});
    if (expected != 0 && written >= expected) break;
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
  HOTLOOP_ASSIGN(const FileBeginning beginning, readBeginning(path));
  return formatOf(path, beginning);
}

Result<ImportReport> importTrace(const std::string &path, TraceSink &sink,
                                 const ImportOptions &options) {
  HOTLOOP_ASSIGN(const FileBeginning beginning, readBeginning(path));
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
