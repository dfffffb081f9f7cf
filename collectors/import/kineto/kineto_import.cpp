#include "collectors/import/kineto/kineto_import.h"

#include <cctype>
#include <cstdlib>
#include <utility>

#include "collectors/import/kineto/event_importer.h"
#include "collectors/import/kineto/event_parser.h"
#include "collectors/import/kineto/trace_header.h"
#include "collectors/import/kineto/trace_stream.h"
#include "core/metrics/quality.h"
#include "core/trace/meta_keys.h"

namespace hotloop {

namespace {

using namespace kineto;

void writeMeta(const TraceHeader &header, const EventImporter &events, bool truncated,
               TraceSink &sink) {
  sink.setMeta(meta_key::kSource, "import:kineto");
  sink.setMeta(meta_key::kState, truncated ? "truncated" : "clean");
  for (const auto &[key, value] : header.meta) sink.setMeta(key, value);
  if (events.last().count == 0) return;
  sink.setMeta(meta_key::kStartMonotonic, std::to_string(events.first().count));
  sink.setMeta(meta_key::kEndMonotonic, std::to_string(events.last().count));
  // Without a base, Kineto's times count from 1970.
  constexpr std::int64_t kYear2001 = 1'000'000'000'000'000'000;
  const std::int64_t start = header.baseNanoseconds + events.first().count;
  if (header.baseNanoseconds != 0 || start > kYear2001)
    sink.setMeta(meta_key::kStartRealtime, std::to_string(start));
}

std::string describe(const TraceStream &stream, const TraceHeader &header) {
  if (stream.bareArray())
    return "Chrome trace, events alone (torch.profiler of 2020, or another tool)";
  if (header.schemaVersion == 0) return "Chrome trace";
  return "trace of torch.profiler (Kineto" +
         std::string(header.baseNanoseconds != 0 ? ", ns since a base time)" : ", times in us)");
}

} // namespace

Result<ImportReport> importKineto(const std::string &path, TraceSink &sink,
                                  const ImportOptions &options) {
  HOTLOOP_ASSIGN(ByteSource source, ByteSource::open(path));
  TraceStream stream(source, path);
  EventImporter events(sink);
  EventParser parser;
  TraceHeader header;
  const std::function<void(const Event &)> add = [&](const Event &event) { events.add(event); };
  TraceStream::Handlers handlers;
  handlers.member = [&](std::string_view key, std::string_view value) {
    readHeaderMember(key, value, events.lanes(), sink, header);
  };
  handlers.events = [&](char *first, char *last) {
    parser.parse(first, last, add);
    if (options.progress)
      options.progress({source.fileConsumed(), source.fileBytes(), parser.counts().events});
  };
  HOTLOOP_TRY(stream.read(handlers));

  const ParseCounts &counts = parser.counts();
  const bool truncated = !stream.broken().empty();
  if (truncated) reportQuality(sink, "import_truncated", 1, stream.broken());
  reportQuality(sink, "import_non_finite", counts.nonFinite);
  reportQuality(sink, "import_no_json", counts.tolerated);
  reportQuality(sink, "import_skipped_events", counts.skipped);
  events.finish(header.rank);
  writeMeta(header, events, truncated, sink);
  HOTLOOP_TRY(sink.commit());

  ImportReport report;
  report.format = "kineto";
  report.description = describe(stream, header);
  report.events = counts.events;
  report.bytes = stream.bytes();
  report.truncated = truncated;
  report.rank = header.rank;
  report.worldSize = header.worldSize;
  return report;
}

} // namespace hotloop
