#include "core/store/nsys_views.h"

namespace hotloop {

namespace {

// <HW id:8><VM id:8><PID:24><TID:24>, both upper bytes 0.
#define GLOBAL_PID(process) process ".os_pid % 0x1000000 * 0x1000000"
#define GLOBAL_TID(process, thread) GLOBAL_PID(process) " + " thread ".os_tid % 0x1000000"
#define JOIN_THREAD(lane)                                                                          \
  " LEFT JOIN thread t ON t.id = " lane " LEFT JOIN process p ON p.id = t.process"
#define JOIN_STREAM(lane)                                                                          \
  " LEFT JOIN stream s ON s.id = " lane " LEFT JOIN process p ON p.id = s.process"                 \
  " LEFT JOIN device d ON d.id = s.device"
// CUPTI counts 0 unknown, 1 pageable, 2 pinned, ...; nsys 0 pageable, 1 pinned, ... 7 unknown.
#define MEMORY_KIND(column) "CASE " column " WHEN 0 THEN 7 ELSE " column " - 1 END"

constexpr NsysView kViews[] = {
    {"StringIds", "string", "SELECT id, text AS value FROM string"},
    {"PROCESSES", "process",
     "SELECT " GLOBAL_PID("p") " AS globalPid, p.os_pid AS pid, n.text AS name"
                               " FROM process p LEFT JOIN string n ON n.id = p.name"},
    {"ThreadNames", "thread",
     "SELECT t.name AS nameId, NULL AS priority, " GLOBAL_TID(
         "p", "t") " AS globalTid"
                   " FROM thread t LEFT JOIN process p ON p.id = t.process WHERE t.name <> 0"},
    {"ANALYSIS_DETAILS", "meta",
     "SELECT 0 AS globalVid,"
     " CAST(m.e AS INTEGER) - CAST(m.s AS INTEGER) AS duration,"
     " CAST(m.s AS INTEGER) AS startTime, CAST(m.e AS INTEGER) AS stopTime FROM (SELECT"
     " (SELECT value FROM meta WHERE key = 'start_monotonic') AS s,"
     " (SELECT value FROM meta WHERE key = 'end_monotonic') AS e) m"},
    {"META_DATA_EXPORT", "-",
     "SELECT 'EXPORT_SCHEMA_VERSION' AS name, '3.25.0' AS value"
     " UNION ALL SELECT 'EXPORT_PRODUCT', 'hotloop'"},
    {"TARGET_INFO_SESSION_START_TIME", "meta",
     "SELECT CAST(m.r AS INTEGER) - CAST(m.s AS INTEGER) AS utcEpochNs,"
     " strftime('%Y-%m-%dT%H:%M:%SZ', (CAST(m.r AS INTEGER) - CAST(m.s AS INTEGER)) / 1000000000,"
     " 'unixepoch') AS utcTime, NULL AS localTime, 0 AS systemClockNs FROM (SELECT"
     " (SELECT value FROM meta WHERE key = 'start_realtime') AS r,"
     " (SELECT value FROM meta WHERE key = 'start_monotonic') AS s) m"},
    {"TARGET_INFO_SYSTEM_ENV", "meta",
     "SELECT 0 AS globalVid, 'hotloop' AS devStateName, key AS name, rowid AS nameEnum, value"
     " FROM meta"},
    {"TARGET_INFO_GPU", "device",
     "SELECT 0 AS vmId, d.ordinal AS id, n.text AS name, NULL AS busLocation, 1 AS isDiscrete,"
     " d.memory AS totalMemory, d.clock AS clockRate, d.multiprocessors AS smCount, u.text AS uuid,"
     " d.ordinal AS cuDevice, d.compute_major AS computeMajor, d.compute_minor AS computeMinor,"
     " d.compute_major AS smMajor, d.compute_minor AS smMinor"
     " FROM device d LEFT JOIN string n ON n.id = d.name LEFT JOIN string u ON u.id = d.uuid"},
    {"TARGET_INFO_CUDA_DEVICE", "device, stream",
     "SELECT DISTINCT d.ordinal AS gpuId, d.ordinal AS cudaId, p.os_pid AS pid, u.text AS uuid,"
     " d.multiprocessors AS numMultiprocessors"
     " FROM stream s JOIN device d ON d.id = s.device LEFT JOIN process p ON p.id = s.process"
     " LEFT JOIN string u ON u.id = d.uuid"},
    {"TARGET_INFO_CUDA_CONTEXT_INFO", "stream",
     "SELECT min(s.cuda_stream) AS nullStreamId, 0 AS hwId, 0 AS vmId, p.os_pid AS processId,"
     " d.ordinal AS deviceId, s.context AS contextId, NULL AS parentContextId, 0 AS isGreenContext,"
     " d.multiprocessors AS numMultiprocessors"
     " FROM stream s LEFT JOIN process p ON p.id = s.process LEFT JOIN device d ON d.id = s.device"
     " GROUP BY s.process, s.device, s.context"},
    {"TARGET_INFO_CUDA_STREAM", "stream",
     "SELECT s.cuda_stream AS streamId, 0 AS hwId, 0 AS vmId, p.os_pid AS processId,"
     " s.context AS contextId, s.priority, 0 AS flag"
     " FROM stream s LEFT JOIN process p ON p.id = s.process"},
    {"CUPTI_ACTIVITY_KIND_RUNTIME", "api",
     "SELECT a.start, a.start + a.duration AS end, a.domain - 1 AS eventClass,"
     " " GLOBAL_TID("p", "t") " AS globalTid, a.correlation AS correlationId, a.name AS nameId,"
                              " a.status AS returnValue, nullif(a.stack, 0) AS callchainId"
                              " FROM api a" JOIN_THREAD("a.lane")},
    {"CUDA_CALLCHAINS", "stack, frame",
     "WITH RECURSIVE chain(id, stackDepth, node) AS ("
     "SELECT stack, 0, stack FROM (SELECT DISTINCT stack FROM api WHERE stack <> 0)"
     " UNION ALL SELECT c.id, c.stackDepth + 1, k.parent FROM chain c JOIN stack k ON k.id = c.node"
     " WHERE k.parent <> 0 AND c.stackDepth < 4096)"
     " SELECT c.id, c.stackDepth, f.function AS symbol,"
     " CASE f.kind WHEN 2 THEN f.file ELSE f.module END AS module,"
     " CASE f.function WHEN 0 THEN 1 END AS unresolved, f.offset AS originalIP"
     " FROM chain c JOIN stack k ON k.id = c.node LEFT JOIN frame f ON f.id = k.frame"},
    {"CUPTI_ACTIVITY_KIND_KERNEL", "kernel",
     "SELECT k.start, k.start + k.duration AS end, d.ordinal AS deviceId, s.context AS contextId,"
     " NULL AS greenContextId, s.cuda_stream AS streamId, k.correlation AS correlationId,"
     " " GLOBAL_PID(
         "p") " AS globalPid, k.name AS demangledName, k.name AS shortName,"
              " k.name AS mangledName, NULL AS launchType, NULL AS cacheConfig,"
              " k.registers AS registersPerThread, k.grid_x AS gridX, k.grid_y AS gridY, k.grid_z "
              "AS gridZ,"
              " k.block_x AS blockX, k.block_y AS blockY, k.block_z AS blockZ,"
              " k.static_shared AS staticSharedMemory, k.dynamic_shared AS dynamicSharedMemory,"
              " 0 AS localMemoryPerThread, 0 AS localMemoryTotal, k.rowid AS gridId,"
              " NULL AS sharedMemoryExecuted, nullif(k.graph_node, 0) AS graphNodeId,"
              " nullif(k.graph, 0) AS graphId"
              " FROM kernel k" JOIN_STREAM("k.lane")},
    {"CUPTI_ACTIVITY_KIND_MEMCPY", "memcpy",
     "SELECT m.start, m.start + m.duration AS end, d.ordinal AS deviceId, s.context AS contextId,"
     " NULL AS greenContextId, s.cuda_stream AS streamId, m.correlation AS correlationId,"
     " " GLOBAL_PID(
         "p") " AS globalPid, m.bytes, m.copy_kind AS copyKind,"
              " NULL AS deprecatedSrcId, " MEMORY_KIND(
                  "m.source_kind") " AS srcKind,"
                                   " " MEMORY_KIND(
                                       "m.destination_kind") " AS dstKind, NULL AS srcDeviceId,"
                                                             " NULL AS srcContextId, NULL AS "
                                                             "dstDeviceId, NULL AS dstContextId, "
                                                             "NULL AS migrationCause,"
                                                             " nullif(m.graph_node, 0) AS "
                                                             "graphNodeId, NULL AS virtualAddress, "
                                                             "1 AS copyCount"
                                                             " FROM memcpy m" JOIN_STREAM(
                                                                 "m.lane")},
    {"CUPTI_ACTIVITY_KIND_MEMSET", "memset",
     "SELECT m.start, m.start + m.duration AS end, d.ordinal AS deviceId, s.context AS contextId,"
     " NULL AS greenContextId, s.cuda_stream AS streamId, m.correlation AS correlationId,"
     " " GLOBAL_PID("p") " AS globalPid, m.value, m.bytes,"
                         " nullif(m.graph_node, 0) AS graphNodeId, " MEMORY_KIND(
                             "m.memory_kind") " AS memKind"
                                              " FROM memset m" JOIN_STREAM("m.lane")},
    {"CUPTI_ACTIVITY_KIND_SYNCHRONIZATION", "sync",
     "SELECT y.start, y.start + y.duration AS end, d.ordinal AS deviceId, s.context AS contextId,"
     " NULL AS greenContextId, s.cuda_stream AS streamId, y.correlation AS correlationId,"
     " coalesce(" GLOBAL_PID("p") ", " GLOBAL_PID(
         "q") ") AS globalPid,"
              " NULL AS deprecatedSyncType, y.kind AS syncType, y.event AS eventId,"
              " nullif(y.event_sync, 0) AS eventSyncId"
              " FROM sync y" JOIN_STREAM("y.stream") " LEFT JOIN thread t ON t.id = y.lane LEFT "
                                                     "JOIN process q ON q.id = t.process"},
    {"CUPTI_ACTIVITY_KIND_CUDA_EVENT", "event_record",
     "SELECT e.start AS timestamp, d.ordinal AS deviceId, s.context AS contextId,"
     " NULL AS greenContextId, s.cuda_stream AS streamId, e.correlation AS correlationId,"
     " " GLOBAL_PID("p") " AS globalPid, e.event AS eventId,"
                         " nullif(e.event_sync, 0) AS eventSyncId"
                         " FROM event_record e" JOIN_STREAM("e.lane")},
    {"CUDA_GRAPH_NODE_EVENTS", "graph_node",
     "SELECT 0 AS start, 0 AS end, 77 AS eventClass, " GLOBAL_PID(
         "p") " AS globalTid,"
              " g.name AS nameId, g.id AS graphNodeId, nullif(g.original, 0) AS originalGraphNodeId"
              " FROM graph_node g LEFT JOIN process p ON p.id = g.process"},
    {"CUDA_GPU_MEMORY_USAGE_EVENTS", "allocation",
     "SELECT a.start, " GLOBAL_PID(
         "p") " AS globalPid, d.ordinal AS deviceId, NULL AS contextId,"
              " a.address, NULL AS pc, a.bytes, CASE a.allocator WHEN 4 THEN 1 WHEN 7 THEN 4 ELSE "
              "2 END"
              " AS memKind, a.action - 1 AS memoryOperationType, n.text AS name,"
              " nullif(a.correlation, 0) AS correlationId, NULL AS streamId"
              " FROM allocation a" JOIN_THREAD(
                  "a.lane") " LEFT JOIN device d ON d.id = a.device LEFT JOIN string n ON n.id = "
                            "a.name"
                            " WHERE a.allocator BETWEEN 3 AND 7 AND a.action IN (1, 2)"},
    {"NVTX_EVENTS", "range",
     "SELECT r.start, CASE r.kind WHEN 3 THEN NULL ELSE r.start + r.duration END AS end,"
     " CASE r.kind WHEN 1 THEN 59 WHEN 2 THEN 60 ELSE 34 END AS eventType,"
     " CASE r.kind WHEN 2 THEN r.rowid END AS rangeId, nullif(r.category, 0) AS category,"
     " nullif(r.color, 0) AS color, n.text AS text, " GLOBAL_TID(
         "p", "t") " AS globalTid,"
                   " CASE r.kind WHEN 2 THEN (SELECT " GLOBAL_TID(
                       "ep",
                       "et") " FROM thread et"
                             " LEFT JOIN process ep ON ep.id = et.process WHERE et.id = "
                             "r.end_lane) END AS endGlobalTid,"
                             " r.name AS textId, r.domain AS domainId, NULL AS uint64Value,"
                             " CASE r.payload_kind WHEN 1 THEN r.payload_integer END AS int64Value,"
                             " CASE r.payload_kind WHEN 2 THEN r.payload_real END AS doubleValue, "
                             "NULL AS uint32Value,"
                             " NULL AS int32Value, NULL AS floatValue, NULL AS jsonTextId, NULL AS "
                             "jsonText,"
                             " NULL AS binaryData"
                             " FROM range r LEFT JOIN string n ON n.id = r.name" JOIN_THREAD(
                                 "r.lane") " UNION ALL SELECT 0, NULL, 75, NULL, NULL, NULL, "
                                           "n.text, NULL, NULL, n.id, n.id, NULL, NULL,"
                                           " NULL, NULL, NULL, NULL, NULL, NULL, NULL"
                                           " FROM (SELECT DISTINCT domain FROM range WHERE domain "
                                           "<> 0) x JOIN string n ON n.id = x.domain"},
    {"DIAGNOSTIC_EVENT", "quality",
     "SELECT 0 AS timestamp, 0 AS timestampType, 0 AS source, q.severity, m.text, NULL AS globalPid"
     " FROM quality q LEFT JOIN string m ON m.id = q.message"},
    {"ENUM_CUDA_MEMCPY_OPER", "-",
     "SELECT column1 AS id, column2 AS name, column3 AS label FROM (VALUES"
     " (0, 'CUDA_MEMCPY_KIND_UNKNOWN', 'Unknown'), (1, 'CUDA_MEMCPY_KIND_HTOD', 'Host-to-Device'),"
     " (2, 'CUDA_MEMCPY_KIND_DTOH', 'Device-to-Host'), (3, 'CUDA_MEMCPY_KIND_HTOA', "
     "'Host-to-Array'),"
     " (4, 'CUDA_MEMCPY_KIND_ATOH', 'Array-to-Host'), (5, 'CUDA_MEMCPY_KIND_ATOA', "
     "'Array-to-Array'),"
     " (6, 'CUDA_MEMCPY_KIND_ATOD', 'Array-to-Device'),"
     " (7, 'CUDA_MEMCPY_KIND_DTOA', 'Device-to-Array'),"
     " (8, 'CUDA_MEMCPY_KIND_DTOD', 'Device-to-Device'),"
     " (9, 'CUDA_MEMCPY_KIND_HTOH', 'Host-to-Host'), (10, 'CUDA_MEMCPY_KIND_PTOP', "
     "'Peer-to-Peer'))"},
    {"ENUM_CUDA_MEM_KIND", "-",
     "SELECT column1 AS id, column2 AS name, column3 AS label FROM (VALUES"
     " (0, 'CUDA_MEMOPR_MEMORY_KIND_PAGEABLE', 'Pageable'),"
     " (1, 'CUDA_MEMOPR_MEMORY_KIND_PINNED', 'Pinned'),"
     " (2, 'CUDA_MEMOPR_MEMORY_KIND_DEVICE', 'Device'),"
     " (3, 'CUDA_MEMOPR_MEMORY_KIND_ARRAY', 'Array'),"
     " (4, 'CUDA_MEMOPR_MEMORY_KIND_MANAGED', 'Managed'),"
     " (5, 'CUDA_MEMOPR_MEMORY_KIND_DEVICE_STATIC', 'Device Static'),"
     " (6, 'CUDA_MEMOPR_MEMORY_KIND_MANAGED_STATIC', 'Managed Static'),"
     " (7, 'CUDA_MEMOPR_MEMORY_KIND_UNKNOWN', 'Unknown'))"},
    {"ENUM_CUPTI_SYNC_TYPE", "-",
     "SELECT column1 AS id, column2 AS name, column3 AS label FROM (VALUES"
     " (0, 'CUPTI_SYNC_TYPE_UNKNOWN', 'Unknown'),"
     " (1, 'CUPTI_SYNC_TYPE_EVENT_SYNCHRONIZE', 'Event sync'),"
     " (2, 'CUPTI_SYNC_TYPE_STREAM_WAIT_EVENT', 'Stream wait event'),"
     " (3, 'CUPTI_SYNC_TYPE_STREAM_SYNCHRONIZE', 'Stream sync'),"
     " (4, 'CUPTI_SYNC_TYPE_CONTEXT_SYNCHRONIZE', 'Context sync'))"},
    {"ENUM_NSYS_EVENT_TYPE", "-",
     "SELECT column1 AS id, column2 AS name, column3 AS label FROM (VALUES"
     " (34, 'NvtxMark', 'Mark'), (59, 'NvtxPushPopRange', 'Push/pop range'),"
     " (60, 'NvtxStartEndRange', 'Start/end range'), (75, 'NvtxDomainCreate', 'Domain create'))"},
};

} // namespace

std::span<const NsysView> nsysViews() { return kViews; }

} // namespace hotloop
