#include "core/export/kineto/kineto_export.h"

#include <map>
#include <set>
#include <unordered_map>

#include "core/export/export_file.h"
#include "core/export/kineto/json_text.h"
#include "core/export/python_stacks.h"
#include "core/export/run_entities.h"
#include "core/store/database.h"
#include "core/trace/tables/all_tables.h"

namespace hotloop {

namespace {

using Row = Database::Row;

std::string_view memoryName(std::int64_t kind) {
  constexpr std::string_view kNames[] = {"Unknown", "Pageable", "Pinned",
                                         "Device",  "Array",    "Managed"};
  return kNames[kind >= 0 && kind < 6 ? kind : 0];
}

std::string_view copyName(std::int64_t kind) {
  constexpr std::string_view kNames[] = {"Unknown", "HtoD", "DtoH", "HtoA", "AtoH", "AtoA",
                                         "AtoD",    "DtoA", "DtoD", "HtoH", "PtoP"};
  return kNames[kind >= 0 && kind < 11 ? kind : 0];
}

std::string_view syncName(std::int64_t kind) {
  constexpr std::string_view kNames[] = {"Unknown", "Event Sync", "Stream Wait Event",
                                         "Stream Sync", "Context Sync"};
  return kNames[kind >= 0 && kind < 5 ? kind : 0];
}

bool startsDeviceWork(std::string_view call) {
  for (const std::string_view word :
       {"cudaLaunch", "cuLaunch", "cudaMemcpy", "cudaMemset", "cuMemcpy", "cuMemset",
        "cudaGraphLaunch", "cuGraphLaunch", "hipLaunch", "hipModuleLaunch", "hipExt", "hipMemcpy",
        "hipMemset", "hipGraphLaunch"})
    if (call.starts_with(word)) return true;
  return false;
}

class KinetoWriter {
public:
  KinetoWriter(Database &database, const RunEntities &run, PythonStacks &stacks, ExportFile &file,
               const ExportOptions &options)
      : database_(database), run_(run), stacks_(stacks), file_(file), options_(options) {}

  Result<void> write() {
    writeHeader();
    writeNames();
    HOTLOOP_TRY(writeOps());
    HOTLOOP_TRY(writeRanges());
    HOTLOOP_TRY(writeSteps());
    HOTLOOP_TRY(writeCalls());
    HOTLOOP_TRY(writeKernels());
    HOTLOOP_TRY(writeCopies());
    HOTLOOP_TRY(writeFills());
    HOTLOOP_TRY(readEventRecords());
    HOTLOOP_TRY(writeSyncs());
    HOTLOOP_TRY(writeAllocations());
    json_.raw("\n],\n\"traceName\": \"hotloop\"\n}\n");
    flush();
    return {};
  }
  std::int64_t events() const { return events_; }

private:
  void flush() {
    file_.append(json_.text());
    json_.clear();
  }
  void written() {
    ++events_;
    if (json_.text().size() > (64u << 10)) flush();
    if (events_ % 65'536 == 0 && options_.progress) options_.progress(events_);
  }

  void writeHeader() {
    json_.raw("{\n\"schemaVersion\": 1,\n\"deviceProperties\": [");
    for (std::size_t i = 1; i < run_.devices.size(); ++i) {
      const auto &device = run_.devices[i];
      json_.raw(i == 1 ? "\n" : ",\n").raw("{\"id\": ").number(device.ordinal);
      json_.raw(", \"name\": ").string(device.name);
      json_.raw(", \"totalGlobalMem\": ").number(device.memory);
      json_.raw(", \"computeMajor\": ").number(device.computeMajor);
      json_.raw(", \"computeMinor\": ").number(device.computeMinor);
      json_.raw(", \"numSms\": ").number(device.multiprocessors).raw("}");
    }
    json_.raw("\n],\n");
    std::int64_t rank = -1;
    for (const auto &process : run_.processes) rank = std::max(rank, process.rank);
    // HTA finds its way by ranks: a program of its own is rank 0 of one.
    json_.raw("\"distributedInfo\": {\"rank\": ").number(std::max<std::int64_t>(rank, 0));
    json_.raw(rank < 0 ? ", \"world_size\": 1},\n" : "},\n");
    json_.raw("\"displayTimeUnit\": \"ms\",\n\"baseTimeNanoseconds\": ");
    json_.number(run_.realtimeBase()).raw(",\n\"traceEvents\": [");
  }

  void begin() {
    json_.raw(first_ ? "\n{" : ",\n{");
    first_ = false;
  }
  void metadata(std::string_view what, std::int64_t pid, std::int64_t tid, std::string_view name) {
    begin();
    json_.raw("\"ph\": \"M\", \"name\": \"").raw(what).raw("\", \"pid\": ").number(pid);
    json_.raw(", \"tid\": ").number(tid).raw(", \"ts\": 0.000, \"args\": {\"name\": ");
    json_.string(name).raw("}}");
  }
  void writeNames() {
    for (std::size_t i = 1; i < run_.processes.size(); ++i)
      metadata("process_name", run_.processes[i].osPid, 0,
               run_.processes[i].name.empty() ? "program" : run_.processes[i].name);
    for (std::size_t i = 1; i < run_.threads.size(); ++i) {
      const auto &thread = run_.threads[i];
      metadata("thread_name", run_.process(thread.process).osPid, thread.osTid,
               thread.name.empty() ? fmt::format("thread {}", thread.osTid) : thread.name);
    }
    for (std::size_t i = 1; i < run_.devices.size(); ++i)
      metadata("process_name", run_.devices[i].ordinal, 0,
               fmt::format("GPU {}", run_.devices[i].ordinal));
    for (std::size_t i = 1; i < run_.streams.size(); ++i) {
      const auto &stream = run_.streams[i];
      metadata("thread_name", run_.device(stream.device).ordinal, stream.cudaStream,
               fmt::format("stream {}", stream.cudaStream));
    }
  }

  // Columns 0..3 are start, duration, lane, name everywhere.
  void head(std::string_view category, std::string_view name, std::int64_t pid, std::int64_t tid,
            const Row &row) {
    begin();
    json_.raw("\"ph\": \"X\", \"cat\": \"").raw(category).raw("\", \"name\": ").string(name);
    json_.raw(", \"pid\": ").number(pid).raw(", \"tid\": ").number(tid);
    json_.raw(", \"ts\": ").microseconds(row.integer(0));
    json_.raw(", \"dur\": ").microseconds(row.integer(1)).raw(", \"args\": {");
  }
  void onThread(std::string_view category, std::string_view name, const Row &row) {
    const auto &thread = run_.thread(row.integer(2));
    head(category, name, run_.process(thread.process).osPid, thread.osTid, row);
  }
  void onStream(std::string_view category, std::string_view name, const Row &row,
                std::int64_t correlation) {
    const auto &stream = run_.stream(row.integer(2));
    const std::int64_t device = run_.device(stream.device).ordinal;
    head(category, name, device, stream.cudaStream, row);
    json_.raw("\"External id\": ").number(correlation);
    json_.raw(", \"device\": ").number(device).raw(", \"context\": ").number(stream.context);
    json_.raw(", \"stream\": ").number(stream.cudaStream);
    json_.raw(", \"correlation\": ").number(correlation);
  }
  void end() {
    json_.raw("}}");
    written();
  }
  void graphOf(const Row &row, int graph) {
    if (row.integer(graph) != 0) json_.raw(", \"graph id\": ").number(row.integer(graph));
    if (row.integer(graph + 1) != 0)
      json_.raw(", \"graph node id\": ").number(static_cast<std::uint64_t>(row.integer(graph + 1)));
  }
  // The end of the arrow from a call to its work.
  void flow(char phase, std::int64_t pid, std::int64_t tid, std::int64_t start,
            std::int64_t correlation) {
    begin();
    json_.raw("\"ph\": \"").raw({&phase, 1}).raw("\", \"id\": ").number(correlation);
    json_.raw(", \"pid\": ").number(pid).raw(", \"tid\": ").number(tid);
    json_.raw(", \"ts\": ").microseconds(start);
    json_.raw(", \"cat\": \"ac2g\", \"name\": \"ac2g\"");
    json_.raw(phase == 'f' ? ", \"bp\": \"e\"}" : "}");
  }
  void flowEnd(const Row &row, std::int64_t correlation) {
    const auto &stream = run_.stream(row.integer(2));
    if (correlation != 0)
      flow('f', run_.device(stream.device).ordinal, stream.cudaStream, row.integer(0), correlation);
  }
  std::string where(const char *alias) const {
    return " WHERE " + options_.window.condition(alias);
  }

  Result<void> writeOps() {
    return database_.forEach(
        "SELECT start, duration, lane, name, scope, sequence, forward_thread, location, stack, "
        "rowid"
        " FROM op o" +
            where("o"),
        [&](const Row &row) {
          const std::int64_t scope = row.integer(4);
          const bool user = scope == static_cast<std::int64_t>(OpScope::kUserScope);
          const bool python = scope == static_cast<std::int64_t>(OpScope::kOther);
          onThread(user     ? "user_annotation"
                   : python ? "python_function"
                            : "cpu_op",
                   run_.text(row.integer(3)), row);
          json_.raw(python ? "\"Python id\": " : "\"External id\": ").number(row.integer(9));
          // Readers know backward functions by the thread of their forward: others have 0 there.
          const bool backward = scope == static_cast<std::int64_t>(OpScope::kBackwardFunction) ||
                                run_.text(row.integer(3)).starts_with("autograd::");
          if (row.integer(5) >= 0) json_.raw(", \"Sequence number\": ").number(row.integer(5));
          if (row.integer(5) >= 0 || backward)
            json_.raw(", \"Fwd thread id\": ").number(backward ? row.integer(6) : 0);
          const std::string_view stack =
              python ? std::string_view() : stacks_.text(row.integer(8), row.integer(7));
          if (!stack.empty()) json_.raw(", \"Call stack\": ").string(stack);
          end();
        });
  }

  // Kineto has no NVTX: ranges become annotations that say what they were.
  Result<void> writeRanges() {
    return database_.forEach(
        "SELECT start, duration, lane, name, kind, domain, category, color, payload_kind,"
        " payload_integer, payload_real FROM range r" +
            where("r"),
        [&](const Row &row) {
          onThread("user_annotation", run_.text(row.integer(3)), row);
          json_.raw("\"NVTX kind\": ").number(row.integer(4));
          if (row.integer(5) != 0)
            json_.raw(", \"NVTX domain\": ").string(run_.text(row.integer(5)));
          if (row.integer(6) != 0) json_.raw(", \"NVTX category\": ").number(row.integer(6));
          if (row.integer(7) != 0) json_.raw(", \"NVTX color\": ").number(row.integer(7));
          if (row.integer(8) == 1) json_.raw(", \"NVTX payload\": ").number(row.integer(9));
          if (row.integer(8) == 2)
            json_.raw(", \"NVTX payload\": ").raw(fmt::format("{:.17g}", row.real(10)));
          end();
        });
  }

  // Steps that the program marked by hotloop's own calls have no other event.
  Result<void> writeSteps() {
    return database_.forEach(
        "SELECT start, duration, lane, name, number FROM step s WHERE source = "
        "1 AND " +
            options_.window.condition("s"),
        [&](const Row &row) {
          onThread("user_annotation", fmt::format("ProfilerStep#{}", row.integer(4)), row);
          end();
        });
  }

  Result<void> writeCalls() {
    std::unordered_map<std::int64_t, bool> starts; // by name
    return database_.forEach(
        "SELECT start, duration, lane, name, domain, cbid, correlation, status FROM api a" +
            where("a"),
        [&](const Row &row) {
          const std::string_view name = run_.text(row.integer(3));
          onThread(row.integer(4) == 2 ? "cuda_driver" : "cuda_runtime", name, row);
          json_.raw("\"External id\": ").number(row.integer(6));
          json_.raw(", \"cbid\": ").number(row.integer(5));
          json_.raw(", \"correlation\": ").number(row.integer(6));
          if (row.integer(7) != 0) json_.raw(", \"status\": ").number(row.integer(7));
          end();
          const auto [known, isNew] = starts.try_emplace(row.integer(3));
          if (isNew) known->second = startsDeviceWork(name);
          if (!known->second || row.integer(6) == 0) return;
          const auto &thread = run_.thread(row.integer(2));
          flow('s', run_.process(thread.process).osPid, thread.osTid, row.integer(0),
               row.integer(6));
        });
  }

  Result<void> writeKernels() {
    return database_.forEach(
        "SELECT start, duration, lane, name, correlation, grid_x, grid_y, grid_z, block_x, block_y,"
        " block_z, registers, static_shared, dynamic_shared, graph, graph_node FROM kernel k" +
            where("k"),
        [&](const Row &row) {
          onStream("kernel", run_.text(row.integer(3)), row, row.integer(4));
          json_.raw(", \"registers per thread\": ").number(row.integer(11));
          json_.raw(", \"shared memory\": ").number(row.integer(12) + row.integer(13));
          json_.raw(", \"static shared memory\": ").number(row.integer(12));
          for (const int first : {5, 8}) {
            json_.raw(first == 5 ? ", \"grid\": [" : ", \"block\": [").number(row.integer(first));
            json_.raw(", ").number(row.integer(first + 1));
            json_.raw(", ").number(row.integer(first + 2)).raw("]");
          }
          graphOf(row, 14);
          end();
          flowEnd(row, row.integer(4));
        });
  }

  Result<void> writeCopies() {
    return database_.forEach(
        "SELECT start, duration, lane, name, correlation, bytes, copy_kind, source_kind,"
        " destination_kind, async, graph, graph_node FROM memcpy m" +
            where("m"),
        [&](const Row &row) {
          onStream("gpu_memcpy",
                   fmt::format("Memcpy {} ({} -> {})", copyName(row.integer(6)),
                               memoryName(row.integer(7)), memoryName(row.integer(8))),
                   row, row.integer(4));
          json_.raw(", \"bytes\": ").number(row.integer(5));
          if (row.integer(1) > 0)
            json_.raw(", \"memory bandwidth (GB/s)\": ")
                .raw(fmt::format("{:.6g}", static_cast<double>(row.integer(5)) /
                                               static_cast<double>(row.integer(1))));
          graphOf(row, 10);
          end();
          flowEnd(row, row.integer(4));
        });
  }

  Result<void> writeFills() {
    return database_.forEach(
        "SELECT start, duration, lane, name, correlation, bytes, value, memory_kind, graph,"
        " graph_node FROM memset m" +
            where("m"),
        [&](const Row &row) {
          onStream("gpu_memset", fmt::format("Memset ({})", memoryName(row.integer(7))), row,
                   row.integer(4));
          json_.raw(", \"bytes\": ").number(row.integer(5));
          json_.raw(", \"value\": ").number(row.integer(6));
          graphOf(row, 8);
          end();
          flowEnd(row, row.integer(4));
        });
  }

  // Kineto ties a wait to the call that recorded its event.
  Result<void> readEventRecords() {
    return database_.forEach(
        "SELECT start, 0, lane, name, event, event_sync, correlation FROM event_record",
        [&](const Row &row) {
          records_[row.integer(5)] = {row.integer(2), row.integer(6)};
          const std::int64_t start = row.integer(0);
          const auto &window = options_.window;
          if (window.from && start < window.from->count) return;
          if (window.to && start >= window.to->count) return;
          onStream("cuda_event", "cuda_event", row, row.integer(6));
          json_.raw(", \"event_id\": ").number(row.integer(4));
          end();
        });
  }

  Result<void> writeSyncs() {
    return database_.forEach(
        "SELECT start, duration, stream, name, kind, event, event_sync, correlation FROM sync y" +
            where("y"),
        [&](const Row &row) {
          const bool stream = row.integer(2) != 0;
          const auto record = records_.find(row.integer(6));
          const auto &known = run_.stream(stream                     ? row.integer(2)
                                          : record != records_.end() ? record->second.stream
                                          : run_.streams.size() > 1  ? 1
                                                                     : 0);
          const std::int64_t device = run_.device(known.device).ordinal;
          head("cuda_sync", syncName(row.integer(4)), device, stream ? known.cudaStream : -1, row);
          json_.raw("\"cuda_sync_kind\": ").string(syncName(row.integer(4)));
          json_.raw(", \"stream\": ").number(stream ? known.cudaStream : std::int64_t{-1});
          json_.raw(", \"correlation\": ").number(row.integer(7));
          json_.raw(", \"device\": ").number(device).raw(", \"context\": ").number(known.context);
          if (row.integer(4) <= 2) {
            json_.raw(", \"wait_on_cuda_event_id\": ").number(row.integer(5));
            if (record != records_.end() && row.integer(6) != 0) {
              json_.raw(", \"wait_on_stream\": ")
                  .number(run_.stream(record->second.stream).cudaStream);
              json_.raw(", \"wait_on_cuda_event_record_corr_id\": ")
                  .number(record->second.correlation);
            }
          }
          end();
        });
  }

  Result<void> writeAllocations() {
    return database_.forEach(
        "SELECT start, duration, lane, name, action, allocator, device, address, bytes,"
        " total_allocated, total_reserved FROM allocation a" +
            where("a"),
        [&](const Row &row) {
          const auto &thread = run_.thread(row.integer(2));
          const std::int64_t action = row.integer(4), allocator = row.integer(5);
          begin();
          json_.raw("\"ph\": \"i\", \"cat\": \"cpu_instant_event\", \"s\": \"t\", \"name\": "
                    "\"[memory]\", \"pid\": ");
          json_.number(run_.process(thread.process).osPid);
          json_.raw(", \"tid\": ").number(thread.osTid);
          json_.raw(", \"ts\": ").microseconds(row.integer(0)).raw(", \"args\": {\"Bytes\": ");
          json_.number(action == 2 || action == 4 ? -row.integer(8) : row.integer(8));
          json_.raw(", \"Addr\": ").number(static_cast<std::uint64_t>(row.integer(7)));
          json_.raw(", \"Device Type\": ").number(std::int64_t{row.integer(6) == 0 ? 0 : 1});
          json_.raw(", \"Device Id\": ");
          json_.number(row.integer(6) == 0 ? -1 : run_.device(row.integer(6)).ordinal);
          if (row.integer(9) >= 0) json_.raw(", \"Total Allocated\": ").number(row.integer(9));
          if (row.integer(10) >= 0) json_.raw(", \"Total Reserved\": ").number(row.integer(10));
          if (allocator > 2) json_.raw(", \"Allocator\": ").number(allocator);
          if (action > 2) json_.raw(", \"Action\": ").number(action);
          end();
        });
  }

  struct EventRecord {
    std::int64_t stream = 0;
    std::int64_t correlation = 0;
  };

  Database &database_;
  const RunEntities &run_;
  PythonStacks &stacks_;
  ExportFile &file_;
  const ExportOptions &options_;
  JsonText json_;
  std::map<std::int64_t, EventRecord> records_; // by event_sync
  bool first_ = true;
  std::int64_t events_ = 0;
};

} // namespace

Result<ExportReport> exportKineto(const std::string &run, const std::string &path,
                                  const ExportOptions &options) {
  HOTLOOP_ASSIGN(Database database, Database::openRun(run));
  HOTLOOP_ASSIGN(const RunEntities entities, RunEntities::read(database));
  HOTLOOP_ASSIGN(PythonStacks stacks, PythonStacks::read(database, entities));
  HOTLOOP_ASSIGN(ExportFile file, ExportFile::create(path, options.overwrite));
  KinetoWriter writer(database, entities, stacks, file, options);
  HOTLOOP_TRY(writer.write());
  HOTLOOP_TRY(file.close());
  return ExportReport{writer.events(), file.bytes()};
}

} // namespace hotloop
