#include <algorithm>

#include "collectors/import/nsys/nsys_events.h"
#include "core/metrics/quality.h"

namespace hotloop::nsys {

namespace {

// NVTX_EVENTS.eventType
constexpr std::int64_t kMark = 34;
constexpr std::int64_t kPushPop = 59;
constexpr std::int64_t kStartEnd = 60;
constexpr std::int64_t kDomainCreate = 75;

// DIAGNOSTIC_EVENT.severity: 2 warning, 3 error in every version seen.
constexpr std::int64_t kWarning = 2;

} // namespace

Result<void> Events::readGraphNodes() {
  constexpr std::string_view kTable = "CUDA_GRAPH_NODE_EVENTS";
  if (!schema_.has(kTable)) return {};
  return database_.forEach(
      schema_.select(kTable, {"globalTid", "nameId", "graphNodeId", "originalGraphNodeId"}),
      [&](const Database::Row &row) {
        GraphNodeRow node;
        node.id = static_cast<std::uint64_t>(row.integer(2));
        node.original = static_cast<std::uint64_t>(row.integer(3));
        node.name = entities_.text(row.integer(1));
        sink_.add(node);
        counted();
      });
}

Result<void> Events::readOverhead() {
  constexpr std::string_view kTable = "CUPTI_ACTIVITY_KIND_OVERHEAD";
  if (!schema_.has(kTable)) return {};
  return database_.forEach(schema_.select(kTable, {"start", "end", "globalTid", "nameId",
                                                   "overheadType", "correlationId"}),
                           [&](const Database::Row &row) {
                             const Span at = span(row, 0, 1);
                             OverheadEvent overhead;
                             overhead.start = at.start;
                             overhead.duration = at.duration;
                             if (!row.isNull(2)) overhead.lane = entities_.thread(row.integer(2));
                             overhead.name = entities_.text(row.integer(3));
                             overhead.kind = static_cast<std::uint32_t>(row.integer(4));
                             overhead.correlation = static_cast<std::uint32_t>(row.integer(5));
                             sink_.add(overhead);
                             counted();
                           });
}

Result<void> Events::readMemory() {
  constexpr std::string_view kTable = "CUDA_GPU_MEMORY_USAGE_EVENTS";
  if (!schema_.has(kTable)) return {};
  HOTLOOP_ASSIGN(const auto kinds, readEnum("ENUM_CUDA_MEM_KIND"));
  HOTLOOP_ASSIGN(const auto operations, readEnum("ENUM_CUDA_DEV_MEM_EVENT_OPER"));
  const auto named = [](const auto &names, std::int64_t number, std::string_view word) {
    const auto found = names.find(number);
    return found != names.end() && found->second.find(word) != std::string::npos;
  };
  return database_.forEach(
      schema_.select(kTable,
                     {"start", "globalPid", "deviceId", "address", "bytes", "memKind",
                      "memoryOperationType", "name", "correlationId", "localMemoryPoolAddress"}),
      [&](const Database::Row &row) {
        AllocationEvent event;
        event.start = Nanoseconds(row.integer(0));
        const bool freed = operations.empty() ? row.integer(6) == 1
                                              : named(operations, row.integer(6), "DEALLOC") ||
                                                    named(operations, row.integer(6), "FREE");
        event.action = freed ? AllocationAction::kFree : AllocationAction::kAllocate;
        const std::int64_t kind = row.integer(5);
        const bool pinned = kinds.empty() ? kind == 1 : named(kinds, kind, "PINNED");
        const bool managed = kinds.empty() ? kind == 4 : named(kinds, kind, "MANAGED");
        event.allocator = pinned                                  ? Allocator::kCudaPinned
                          : managed                               ? Allocator::kCudaManaged
                          : !row.isNull(9) && row.integer(9) != 0 ? Allocator::kCudaStreamOrdered
                                                                  : Allocator::kCudaDevice;
        if (!pinned) event.device = entities_.device(processOf(row.integer(1)), row.integer(2));
        event.address = static_cast<std::uint64_t>(row.integer(3));
        event.bytes = std::max<std::int64_t>(row.integer(4), 0);
        event.name = sink_.intern(row.text(7));
        event.correlation = static_cast<std::uint32_t>(row.integer(8));
        event.totalAllocated = event.totalReserved = -1;
        const auto call = calls_.find(callKey(row.integer(1), row.integer(8)));
        if (call != calls_.end()) event.lane = call->second.lane;
        sink_.add(event);
        counted();
      });
}

void Events::addOperator(const Database::Row &row, Span at, std::int64_t thread) {
  OpEvent op;
  op.start = at.start;
  op.duration = at.duration;
  op.lane = entities_.thread(thread);
  op.name = row.isText(6) ? sink_.intern(row.text(6)) : entities_.text(row.integer(7));
  op.scope = static_cast<OpScope>(std::clamp<std::int64_t>(row.integer(8) - 1, 0, 9));
  op.sequence = row.isNull(10) ? -1 : row.integer(10);
  sink_.add(op);
  counted();
}

Result<void> Events::readRanges() {
  constexpr std::string_view kTable = "NVTX_EVENTS";
  if (!schema_.has(kTable, "eventType")) return {};
  // Operators, as exportNsysTables() writes them.
  const StringId torch = sink_.intern("PyTorch");
  std::map<std::pair<std::uint32_t, std::int64_t>, StringId> domains; // process, domain id
  HOTLOOP_TRY(database_.forEach(
      schema_.select(kTable, {"globalTid", "domainId", "text", "textId", "eventType"}) +
          " WHERE eventType = " + std::to_string(kDomainCreate),
      [&](const Database::Row &row) {
        domains[{processOf(row.integer(0)), row.integer(1)}] =
            row.isText(2) ? sink_.intern(row.text(2)) : entities_.text(row.integer(3));
      }));
  using Type = Database::Column::Type;
  return database_.forEachOf(
      kTable,
      schema_.columns(kTable, {{"start"},
                               {"end"},
                               {"eventType"},
                               {"globalTid"},
                               {"endGlobalTid"},
                               {"domainId"},
                               {"text", Type::kText},
                               {"textId"},
                               {"category"},
                               {"color"},
                               {"int64Value"},
                               {"uint64Value"},
                               {"int32Value"},
                               {"uint32Value"},
                               {"doubleValue", Type::kReal},
                               {"floatValue", Type::kReal}}),
      [&](const Database::Row &row) {
        const std::int64_t type = row.integer(2);
        if (type != kMark && type != kPushPop && type != kStartEnd) {
          if (type != kDomainCreate) ++notKept_["NVTX names and categories"];
          return;
        }
        const Span at = span(row, 0, 1);
        RangeEvent range;
        range.start = at.start;
        range.duration = at.duration;
        range.kind = type == kMark      ? RangeKind::kMark
                     : type == kPushPop ? RangeKind::kPushPop
                                        : RangeKind::kStartEnd;
        const std::int64_t thread = row.integer(3);
        range.lane = entities_.thread(thread);
        if (type == kStartEnd && !row.isNull(4) && row.integer(4) != 0)
          range.endLane = entities_.thread(row.integer(4));
        const auto domain = domains.find({processOf(thread), row.integer(5)});
        if (domain != domains.end() && domain->second == torch) {
          addOperator(row, at, thread);
          return;
        }
        if (domain != domains.end()) range.domain = domain->second;
        range.name = row.isText(6) ? sink_.intern(row.text(6)) : entities_.text(row.integer(7));
        range.category = static_cast<std::uint32_t>(row.integer(8));
        range.color = static_cast<std::uint32_t>(row.integer(9));
        for (int column = 10; column < 16 && range.payloadKind == PayloadKind::kNone; ++column) {
          if (row.isNull(column)) continue;
          if (column < 14) {
            range.payloadKind = PayloadKind::kInteger;
            range.payloadInteger = row.integer(column);
          } else {
            range.payloadKind = PayloadKind::kReal;
            range.payloadReal = row.real(column);
          }
        }
        sink_.add(range);
        counted();
      });
}

Result<void> Events::readDiagnostics() {
  constexpr std::string_view kTable = "DIAGNOSTIC_EVENT";
  if (!schema_.has(kTable)) return {};
  return database_.forEach(schema_.select(kTable, {"severity", "text"}),
                           [&](const Database::Row &row) {
                             if (row.integer(0) < kWarning) return;
                             if (++diagnostics_ == 1) firstDiagnostic_ = row.text(1).substr(0, 300);
                           });
}

// What the export holds beside: said, so that nobody misses it unawares.
Result<void> Events::countOthers() {
  constexpr std::string_view kPrefixes[] = {"OSRT_API",

                                            "GPU_METRICS",
                                            "PROFILER_OVERHEAD",
                                            "SCHED_EVENTS",
                                            "COMPOSITE_EVENTS",
                                            "MPI_",
                                            "NET_",
                                            "CUDNN_EVENTS",
                                            "CUBLAS_EVENTS",
                                            "CUDA_UM_",
                                            "GENERIC_EVENTS",
                                            "CUDA_GPU_MEMORY_POOL_EVENTS",
                                            "UCP_"};
  for (const std::string &table : schema_.names()) {
    const bool wanted = std::ranges::any_of(
        kPrefixes, [&](std::string_view prefix) { return table.starts_with(prefix); });
    if (!wanted || table.ends_with("_STRINGS")) continue;
    std::int64_t rows = 0;
    HOTLOOP_TRY(database_.forEach("SELECT count(*) FROM \"" + table + "\"",
                                  [&](const Database::Row &row) { rows = row.integer(0); }));
    if (rows > 0) notKept_[table] += rows;
  }
  return {};
}

void Events::reportCounts() {
  std::int64_t total = 0;
  std::string listed;
  for (const auto &[what, count] : notKept_) {
    total += count;
    listed += (listed.empty() ? "" : ", ") + std::to_string(count) + " " + what;
  }
  reportQuality(sink_, "import_not_kept", total, listed);
  reportQuality(sink_, "import_tool_warnings", diagnostics_, firstDiagnostic_);
}

} // namespace hotloop::nsys
