#include "collectors/import/nsys/nsys_import.h"

#include <algorithm>
#include <map>

#include "collectors/import/nsys/nsys_entities.h"
#include "collectors/import/nsys/nsys_events.h"
#include "collectors/import/nsys/nsys_schema.h"
#include "core/metrics/quality.h"
#include "core/trace/meta_keys.h"

namespace hotloop {

namespace {

using namespace nsys;

Result<std::map<std::string, std::string>> readExportFacts(Database &database,
                                                           const Schema &schema) {
  std::map<std::string, std::string> facts;
  for (const std::string_view table : {"META_DATA_EXPORT", "EXPORT_META_DATA"}) {
    if (!schema.has(table)) continue;
    HOTLOOP_TRY(
        database.forEach(schema.select(table, {"name", "value"}), [&](const Database::Row &row) {
          if (facts.size() < 1000) facts.emplace(row.text(0), row.text(1));
        }));
  }
  return facts;
}

Result<std::int64_t> readEpoch(Database &database, const Schema &schema) {
  std::int64_t epoch = 0;
  if (schema.has("TARGET_INFO_SESSION_START_TIME"))
    HOTLOOP_TRY(database.forEach(schema.select("TARGET_INFO_SESSION_START_TIME", {"utcEpochNs"}),
                                 [&](const Database::Row &row) { epoch = row.integer(0); }));
  // Times stay below the same bound, so that their sum is a time.
  constexpr std::int64_t kFarthest = 4'000'000'000'000'000'000;
  return epoch > kFarthest ? 0 : epoch;
}

std::string factOf(const std::map<std::string, std::string> &facts, const std::string &name) {
  const auto found = facts.find(name);
  return found == facts.end() ? std::string() : found->second;
}

} // namespace

namespace {

Result<ImportReport> importTables(const std::string &path, TraceSink &sink,
                                  const ImportOptions &options) {
  HOTLOOP_ASSIGN(Database database, Database::open(path));
  HOTLOOP_ASSIGN(const Schema schema, Schema::read(database));
  if (!schema.has("StringIds"))
    return Unexpected(invalidInput(path +
                                   ": is an SQLite file, but neither a run of hotloop nor an "
                                   "export of Nsight Systems (it has no table StringIds)"));
  HOTLOOP_ASSIGN(const auto facts, readExportFacts(database, schema));
  HOTLOOP_ASSIGN(const std::int64_t epoch, readEpoch(database, schema));
  Entities entities(database, schema, sink);
  HOTLOOP_TRY(entities.read());
  Events events(database, schema, entities, sink);
  HOTLOOP_TRY(events.read([&](std::int64_t rows) {
    if (options.progress) options.progress({0, 0, rows});
  }));
  const Nanoseconds first = std::min(events.first(), events.last());
  entities.emit(first, events.last());
  events.reportCounts();

  const std::string version = factOf(facts, "EXPORT_SCHEMA_VERSION");
  const std::string major = version.substr(0, version.find('.'));
  if (!major.empty() && major != "2" && major != "3")
    reportQuality(sink, "import_unknown_schema", 1, "schema " + version);
  sink.setMeta(meta_key::kSource, "import:nsys");
  sink.setMeta(meta_key::kState, "clean");
  if (events.rows() > 0) {
    sink.setMeta(meta_key::kStartMonotonic, std::to_string(first.count));
    sink.setMeta(meta_key::kEndMonotonic, std::to_string(events.last().count));
    if (epoch > 0) sink.setMeta(meta_key::kStartRealtime, std::to_string(epoch + first.count));
  }
  HOTLOOP_TRY(sink.commit());

  ImportReport report;
  report.format = "nsys";
  const std::string product = factOf(facts, "EXPORT_PRODUCT_VERSION");
  report.description = "SQLite export of Nsight Systems" + (product.empty() ? "" : " " + product) +
                       (version.empty() ? ", schema not told" : ", schema " + version);
  report.events = events.rows();
  return report;
}

} // namespace

Result<ImportReport> importNsys(const std::string &path, TraceSink &sink,
                                const ImportOptions &options) {
  auto report = importTables(path, sink, options);
  if (report || report.error().message.find(path) != std::string::npos) return report;
  return Unexpected(Error{report.error().kind, path + ": " + report.error().message});
}

} // namespace hotloop
