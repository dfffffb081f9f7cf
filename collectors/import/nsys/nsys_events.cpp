#include "collectors/import/nsys/nsys_events.h"

#include <algorithm>
#include <limits>

#include "collectors/import/call_names.h"
#include "core/metrics/quality.h"

namespace hotloop::nsys {

namespace {

constexpr std::int64_t kFarthest = 4'000'000'000'000'000'000;
constexpr std::size_t kMostCalls = 4'000'000; // that copy or wait
constexpr std::int64_t kTickRows = 1 << 16;

template <class Narrow> Narrow clamped(std::int64_t value) {
  if constexpr (sizeof(Narrow) == 8)
    return static_cast<Narrow>(std::max<std::int64_t>(value, 0));
  else
    return static_cast<Narrow>(
        std::clamp<std::int64_t>(value, 0, std::numeric_limits<Narrow>::max()));
}

// CUPTI's numbers, from nsys's names.
std::uint8_t memoryKind(std::string_view name) {
  const auto has = [&](std::string_view word) { return name.find(word) != std::string_view::npos; };
  return has("STATIC")     ? (has("MANAGED") ? 7 : 6)
         : has("PAGEABLE") ? 1
         : has("PINNED")   ? 2
         : has("DEVICE")   ? 3
         : has("ARRAY")    ? 4
         : has("MANAGED")  ? 5
                           : 0;
}

std::uint8_t syncKind(std::string_view name) {
  const auto has = [&](std::string_view word) { return name.find(word) != std::string_view::npos; };
  return has("STREAM_WAIT") ? 2 : has("EVENT") ? 1 : has("STREAM") ? 3 : has("CONTEXT") ? 4 : 0;
}

} // namespace

Result<std::map<std::int64_t, std::string>> Events::readEnum(std::string_view table) {
  std::map<std::int64_t, std::string> names;
  if (!schema_.has(table, "id") || !schema_.has(table, "name")) return names;
  HOTLOOP_TRY(
      database_.forEach(schema_.select(table, {"id", "name"}), [&](const Database::Row &row) {
        if (names.size() < 1000) names[row.integer(0)] = row.text(1);
      }));
  return names;
}

Events::Span Events::span(const Database::Row &row, int start, int end) {
  const std::int64_t from = std::clamp(row.integer(start), -kFarthest, kFarthest);
  const std::int64_t to =
      row.isNull(end) ? from : std::clamp(row.integer(end), -kFarthest, kFarthest);
  if (from != 0) {
    first_ = std::min(first_, Nanoseconds(from));
    last_ = std::max(last_, Nanoseconds(to));
  }
  return {Nanoseconds(from), Nanoseconds(to - from)};
}

void Events::counted() {
  if (++rows_ % kTickRows == 0 && tick_) tick_(rows_);
}

std::uint64_t Events::callKey(std::int64_t globalPid, std::int64_t correlation) const {
  return std::uint64_t{processOf(globalPid)} << 32 | static_cast<std::uint32_t>(correlation);
}

Result<void> Events::read(const std::function<void(std::int64_t rows)> &tick) {
  tick_ = tick;
  HOTLOOP_TRY(readCalls());
  HOTLOOP_TRY(readKernels());
  HOTLOOP_TRY(readGraphs());
  HOTLOOP_TRY(readCopies());
  HOTLOOP_TRY(readFills());
  HOTLOOP_TRY(readSyncs());
  HOTLOOP_TRY(readEventRecords());
  HOTLOOP_TRY(readGraphNodes());
  HOTLOOP_TRY(readOverhead());
  HOTLOOP_TRY(readMemory());
  HOTLOOP_TRY(readRanges());
  HOTLOOP_TRY(readDiagnostics());
  return countOthers();
}

Result<void> Events::readCalls() {
  constexpr std::string_view kTable = "CUPTI_ACTIVITY_KIND_RUNTIME";
  if (!schema_.has(kTable)) return {};
  struct Name {
    StringId name;
    CallRole role = CallRole::kOther;
    bool driver = false;
  };
  std::unordered_map<std::int64_t, Name> names;
  return database_.forEachOf(
      kTable,
      schema_.columns(kTable, {{"start"},
                               {"end"},
                               {"eventClass"},
                               {"globalTid"},
                               {"correlationId"},
                               {"nameId"},
                               {"returnValue"},
                               {"callchainId"}}),
      [&](const Database::Row &row) {
        const auto [name, isNew] = names.try_emplace(row.integer(5));
        if (isNew) {
          const std::string_view text = entities_.plain(row.integer(5));
          name->second = {sink_.intern(withoutVersion(text)), callRole(text),
                          text.starts_with("cu") && !text.starts_with("cuda")};
        }
        const Span at = span(row, 0, 1);
        const std::int64_t globalTid = row.integer(3);
        ApiEvent call;
        call.start = at.start;
        call.duration = at.duration;
        call.lane = entities_.thread(globalTid);
        call.name = name->second.name;
        call.domain = row.integer(2) == 1 || name->second.driver ? 2 : 1;
        call.correlation = static_cast<std::uint32_t>(row.integer(4));
        call.status = static_cast<std::int32_t>(row.integer(6));
        if (!row.isNull(7)) call.stack = entities_.stack(row.integer(7));
        sink_.add(call);
        counted();
        const CallRole role = name->second.role;
        if (role == CallRole::kOther || calls_.size() >= kMostCalls) return;
        calls_[callKey(globalTid, call.correlation)] = {call.lane, role == CallRole::kCopyAsync};
        if (role == CallRole::kCopy || role == CallRole::kCopyAsync) return;
        Wait wait;
        wait.globalPid = globalTid;
        wait.row.start = at.start;
        wait.row.duration = at.duration;
        wait.row.lane = call.lane;
        wait.row.name = call.name;
        wait.row.kind = syncKindOf(role);
        wait.row.correlation = call.correlation;
        waits_.push_back(wait);
      });
}

Result<void> Events::readKernels() {
  constexpr std::string_view kTable = "CUPTI_ACTIVITY_KIND_KERNEL";
  if (!schema_.has(kTable)) return {};
  return database_.forEachOf(kTable,
                             schema_.columns(kTable, {{"start"},
                                                      {"end"},
                                                      {"deviceId"},
                                                      {"contextId"},
                                                      {"streamId"},
                                                      {"correlationId"},
                                                      {"globalPid"},
                                                      {"demangledName"},
                                                      {"shortName"},
                                                      {"registersPerThread"},
                                                      {"gridX"},
                                                      {"gridY"},
                                                      {"gridZ"},
                                                      {"blockX"},
                                                      {"blockY"},
                                                      {"blockZ"},
                                                      {"staticSharedMemory"},
                                                      {"dynamicSharedMemory"},
                                                      {"graphId"},
                                                      {"graphNodeId"}}),
                             [&](const Database::Row &row) {
                               const Span at = span(row, 0, 1);
                               KernelEvent kernel;
                               kernel.start = at.start;
                               kernel.duration = at.duration;
                               kernel.lane = entities_.stream(row.integer(6), row.integer(2),
                                                              row.integer(3), row.integer(4));
                               kernel.name = entities_.text(row.integer(row.isNull(7) ? 8 : 7));
                               kernel.correlation = static_cast<std::uint32_t>(row.integer(5));
                               kernel.registers = clamped<std::uint16_t>(row.integer(9));
                               kernel.gridX = clamped<std::uint32_t>(row.integer(10));
                               kernel.gridY = clamped<std::uint32_t>(row.integer(11));
                               kernel.gridZ = clamped<std::uint32_t>(row.integer(12));
                               kernel.blockX = clamped<std::uint16_t>(row.integer(13));
                               kernel.blockY = clamped<std::uint16_t>(row.integer(14));
                               kernel.blockZ = clamped<std::uint16_t>(row.integer(15));
                               kernel.staticShared = clamped<std::uint32_t>(row.integer(16));
                               kernel.dynamicShared = clamped<std::uint32_t>(row.integer(17));
                               kernel.graph = static_cast<std::uint32_t>(row.integer(18));
                               kernel.graphNode = static_cast<std::uint64_t>(row.integer(19));
                               sink_.add(kernel);
                               counted();
                             });
}

// A graph recorded as a whole is one piece of device work.
Result<void> Events::readGraphs() {
  constexpr std::string_view kTable = "CUPTI_ACTIVITY_KIND_GRAPH_TRACE";
  if (!schema_.has(kTable)) return {};
  const StringId name = sink_.intern("[CUDA graph]");
  return database_.forEach(
      schema_.select(kTable, {"start", "end", "deviceId", "contextId", "streamId", "correlationId",
                              "globalPid", "graphId"}),
      [&](const Database::Row &row) {
        const Span at = span(row, 0, 1);
        KernelEvent kernel;
        kernel.start = at.start;
        kernel.duration = at.duration;
        kernel.lane =
            entities_.stream(row.integer(6), row.integer(2), row.integer(3), row.integer(4));
        kernel.name = name;
        kernel.correlation = static_cast<std::uint32_t>(row.integer(5));
        kernel.graph = static_cast<std::uint32_t>(row.integer(7));
        sink_.add(kernel);
        counted();
      });
}

Result<void> Events::readCopies() {
  constexpr std::string_view kTable = "CUPTI_ACTIVITY_KIND_MEMCPY";
  if (!schema_.has(kTable)) return {};
  HOTLOOP_ASSIGN(const auto kinds, readEnum("ENUM_CUDA_MEM_KIND"));
  // Without the table of names, nsys counts from pageable = 0; CUPTI from unknown = 0.
  const auto kindOf = [&](std::int64_t number) {
    if (kinds.empty()) return static_cast<std::uint8_t>(number >= 0 && number < 7 ? number + 1 : 0);
    const auto found = kinds.find(number);
    return found == kinds.end() ? std::uint8_t{0} : memoryKind(found->second);
  };
  constexpr std::string_view kNames[] = {"[Unknown]", "[HtoD]", "[DtoH]",     "[HtoA]",    "[AtoH]",
                                         "[AtoA]",    "[AtoD]", "[DtoA]",     "[DtoD]",    "[HtoH]",
                                         "[PtoP]",    "[HtoD]", "[UVM DtoH]", "[UVM DtoD]"};
  return database_.forEach(
      schema_.select(kTable,
                     {"start", "end", "deviceId", "contextId", "streamId", "correlationId",
                      "globalPid", "bytes", "copyKind", "srcKind", "dstKind", "graphNodeId"}),
      [&](const Database::Row &row) {
        const Span at = span(row, 0, 1);
        MemcpyEvent copy;
        copy.start = at.start;
        copy.duration = at.duration;
        copy.lane =
            entities_.stream(row.integer(6), row.integer(2), row.integer(3), row.integer(4));
        copy.correlation = static_cast<std::uint32_t>(row.integer(5));
        copy.bytes = clamped<std::uint64_t>(row.integer(7));
        copy.copyKind = clamped<std::uint8_t>(row.integer(8));
        copy.name = sink_.intern(kNames[copy.copyKind < std::size(kNames) ? copy.copyKind : 0]);
        if (!row.isNull(9)) copy.sourceKind = kindOf(row.integer(9));
        if (!row.isNull(10)) copy.destinationKind = kindOf(row.integer(10));
        copy.graphNode = static_cast<std::uint64_t>(row.integer(11));
        const auto call = calls_.find(callKey(row.integer(6), row.integer(5)));
        copy.async = call == calls_.end() || call->second.async;
        sink_.add(copy);
        counted();
      });
}

Result<void> Events::readFills() {
  constexpr std::string_view kTable = "CUPTI_ACTIVITY_KIND_MEMSET";
  if (!schema_.has(kTable)) return {};
  HOTLOOP_ASSIGN(const auto kinds, readEnum("ENUM_CUDA_MEM_KIND"));
  const StringId name = sink_.intern("[memset]");
  return database_.forEach(
      schema_.select(kTable, {"start", "end", "deviceId", "contextId", "streamId", "correlationId",
                              "globalPid", "bytes", "value", "memKind", "graphNodeId"}),
      [&](const Database::Row &row) {
        const Span at = span(row, 0, 1);
        MemsetEvent fill;
        fill.start = at.start;
        fill.duration = at.duration;
        fill.lane =
            entities_.stream(row.integer(6), row.integer(2), row.integer(3), row.integer(4));
        fill.name = name;
        fill.correlation = static_cast<std::uint32_t>(row.integer(5));
        fill.bytes = clamped<std::uint64_t>(row.integer(7));
        fill.value = static_cast<std::uint32_t>(row.integer(8));
        if (!row.isNull(9)) {
          const auto kind = kinds.find(row.integer(9));
          if (kind != kinds.end())
            fill.memoryKind = memoryKind(kind->second);
          else if (row.integer(9) >= 0 && row.integer(9) < 7)
            fill.memoryKind = static_cast<std::uint8_t>(row.integer(9) + 1);
        }
        fill.graphNode = static_cast<std::uint64_t>(row.integer(10));
        sink_.add(fill);
        counted();
      });
}

Result<void> Events::readSyncs() {
  constexpr std::string_view kTable = "CUPTI_ACTIVITY_KIND_SYNCHRONIZATION";
  if (!schema_.has(kTable)) {
    for (const Wait &wait : waits_) sink_.add(wait.row);
    reportQuality(sink_, "import_syncs_from_calls", static_cast<std::int64_t>(waits_.size()));
    return {};
  }
  HOTLOOP_ASSIGN(const auto kinds, readEnum("ENUM_CUPTI_SYNC_TYPE"));
  constexpr std::string_view kNames[] = {"Unknown", "Event sync", "Stream wait event",
                                         "Stream sync", "Context sync"};
  std::unordered_map<std::uint64_t, bool> recorded;
  HOTLOOP_TRY(database_.forEach(
      schema_.select(kTable, {"start", "end", "deviceId", "contextId", "streamId", "correlationId",
                              "globalPid", "syncType", "eventId", "eventSyncId"}),
      [&](const Database::Row &row) {
        const Span at = span(row, 0, 1);
        SyncEvent sync;
        sync.start = at.start;
        sync.duration = at.duration;
        const auto kind = kinds.find(row.integer(7));
        sync.kind =
            kind != kinds.end() ? syncKind(kind->second) : clamped<std::uint8_t>(row.integer(7));
        sync.name = sink_.intern(kNames[sync.kind < std::size(kNames) ? sync.kind : 0]);
        const std::int64_t stream = row.integer(4); // -1 and its 32-bit form: none
        if (!row.isNull(4) && stream >= 0 && stream < UINT32_MAX)
          sync.stream = entities_.stream(row.integer(6), row.integer(2), row.integer(3), stream);
        sync.event = static_cast<std::uint32_t>(row.integer(8));
        sync.eventSync = static_cast<std::uint64_t>(row.integer(9));
        sync.correlation = static_cast<std::uint32_t>(row.integer(5));
        const std::uint64_t key = callKey(row.integer(6), row.integer(5));
        if (const auto call = calls_.find(key); call != calls_.end()) {
          sync.lane = call->second.lane;
          recorded[key] = true;
        }
        sink_.add(sync);
        counted();
      }));
  // Waits that found nothing to wait for have no record in some versions; their calls tell of them.
  for (const Wait &wait : waits_)
    if (!recorded.contains(callKey(wait.globalPid, wait.row.correlation))) sink_.add(wait.row);
  return {};
}

Result<void> Events::readEventRecords() {
  constexpr std::string_view kTable = "CUPTI_ACTIVITY_KIND_CUDA_EVENT";
  if (!schema_.has(kTable)) return {};
  return database_.forEach(
      schema_.select(kTable, {"timestamp", "deviceId", "contextId", "streamId", "correlationId",
                              "globalPid", "eventId", "eventSyncId"}),
      [&](const Database::Row &row) {
        EventRecordEvent record;
        record.start = Nanoseconds(std::clamp(row.integer(0), -kFarthest, kFarthest));
        record.lane =
            entities_.stream(row.integer(5), row.integer(1), row.integer(2), row.integer(3));
        record.correlation = static_cast<std::uint32_t>(row.integer(4));
        record.event = static_cast<std::uint32_t>(row.integer(6));
        record.eventSync = static_cast<std::uint64_t>(row.integer(7));
        sink_.add(record);
        counted();
      });
}

} // namespace hotloop::nsys
