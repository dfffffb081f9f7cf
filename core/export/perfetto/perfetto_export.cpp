#include "core/export/perfetto/perfetto_export.h"

#include <map>
#include <memory>

#include <fmt/format.h>

#include "core/export/export_file.h"
#include "core/export/perfetto/lane_tracks.h"
#include "core/export/perfetto/packet_writer.h"
#include "core/export/run_entities.h"
#include "core/store/database.h"
#include "core/trace/tables/host_tables.h"

namespace hotloop {

namespace {

using Row = Database::Row;
using Detail = PacketWriter::Detail;
using Slice = PacketWriter::Slice;

// Ids of tracks: the kind in the upper half, the row in the lower.
enum class TrackKind : std::uint64_t { kProcess = 1, kThread, kDevice, kStream, kMemory, kFurther };
std::uint64_t trackId(TrackKind kind, std::uint64_t row) {
  return static_cast<std::uint64_t>(kind) << 40 | row;
}

class PerfettoWriter {
public:
  PerfettoWriter(Database &database, const RunEntities &run, ExportFile &file,
                 const ExportOptions &options)
      : database_(database), run_(run), writer_(file), options_(options) {}

  Result<void> write() {
    writeTracks();
    HOTLOOP_TRY(writeThreads());
    HOTLOOP_TRY(writeStreams());
    return writeMemory();
  }
  std::int64_t events() const { return events_; }

private:
  void counted() {
    if (++events_ % 65'536 == 0 && options_.progress) options_.progress(events_);
  }

  void writeTracks() {
    for (std::size_t i = 1; i < run_.processes.size(); ++i)
      writer_.process(trackId(TrackKind::kProcess, i), run_.processes[i].osPid,
                      run_.processes[i].name.empty() ? "program" : run_.processes[i].name);
    for (std::size_t i = 1; i < run_.devices.size(); ++i)
      writer_.track(trackId(TrackKind::kDevice, i), 0,
                    fmt::format("GPU {} {}", run_.devices[i].ordinal, run_.devices[i].name));
  }

  std::uint64_t threadTrack(std::size_t thread, std::size_t index) {
    const auto &row = run_.threads[thread];
    const std::string name = row.name.empty() ? fmt::format("thread {}", row.osTid) : row.name;
    if (index == 0) {
      const std::uint64_t id = trackId(TrackKind::kThread, thread);
      writer_.thread(id, run_.process(row.process).osPid, row.osTid, name);
      return id;
    }
    return further(trackId(TrackKind::kThread, thread), name, index);
  }
  std::uint64_t streamTrack(std::size_t stream, std::size_t index) {
    const auto &row = run_.streams[stream];
    const std::string name = fmt::format("stream {} (context {})", row.cudaStream, row.context);
    const std::uint64_t parent = row.device == 0 ? 0 : trackId(TrackKind::kDevice, row.device);
    if (index == 0) {
      const std::uint64_t id = trackId(TrackKind::kStream, stream);
      writer_.track(id, parent, name);
      return id;
    }
    return further(parent, name, index);
  }
  std::uint64_t further(std::uint64_t parent, const std::string &name, std::size_t index) {
    const std::uint64_t id = trackId(TrackKind::kFurther, ++furtherTracks_);
    writer_.track(id, parent, fmt::format("{} ({})", name, index + 1));
    return id;
  }

  // Per process, as correlation ids are.
  static std::uint64_t flowOf(std::uint32_t process, std::int64_t correlation) {
    return correlation == 0
               ? 0
               : std::uint64_t{process} << 32 | static_cast<std::uint32_t>(correlation);
  }
  std::string where(const char *alias) const {
    return " WHERE " + options_.window.condition(alias);
  }

  // Calls, operators and ranges of a thread share its track; SQLite sorts, on disk where need be.
  Result<void> writeThreads() {
    const std::string sql =
        "SELECT start, duration, lane, name, 1 AS kind, scope AS a, sequence AS b, 0 AS c FROM op "
        "o" +
        where("o") +
        " UNION ALL SELECT start, duration, lane, name, 2, kind, payload_integer, payload_kind "
        "FROM "
        "range r" +
        where("r") +
        " UNION ALL SELECT start, duration, lane, name, 3, domain, correlation, status FROM api a" +
        where("a") +
        " UNION ALL SELECT start, duration, lane, name, 4, number, 0, 0 FROM step s WHERE source = "
        "1 "
        "AND " +
        options_.window.condition("s") + " ORDER BY lane, start, duration DESC, kind";
    std::unique_ptr<LaneTracks> tracks;
    std::int64_t lane = -1;
    HOTLOOP_TRY(database_.forEach(sql, [&](const Row &row) {
      const std::int64_t thread = row.integer(2);
      if (thread <= 0 || static_cast<std::size_t>(thread) >= run_.threads.size()) return;
      if (thread != lane) {
        if (tracks) tracks->finish();
        lane = thread;
        tracks = std::make_unique<LaneTracks>(writer_, [this, thread](std::size_t index) {
          return threadTrack(static_cast<std::size_t>(thread), index);
        });
      }
      addHostSlice(row, *tracks);
      counted();
    }));
    if (tracks) tracks->finish();
    return {};
  }

  void addHostSlice(const Row &row, LaneTracks &tracks) {
    Slice slice;
    slice.time = row.integer(0);
    slice.name = run_.text(row.integer(3));
    const std::int64_t end = slice.time + row.integer(1);
    Detail details[2];
    slice.details = details;
    switch (row.integer(4)) {
    case 1: {
      const auto scope = static_cast<OpScope>(row.integer(5));
      slice.category = scope == OpScope::kUserScope ? "annotation"
                       : scope == OpScope::kOther   ? "python"
                                                    : "operator";
      if (row.integer(6) >= 0) {
        details[0] = {"sequence", row.integer(6)};
        slice.detailCount = 1;
      }
      break;
    }
    case 2:
      slice.category = "nvtx";
      if (row.integer(7) == 1) {
        details[0] = {"payload", row.integer(6)};
        slice.detailCount = 1;
      }
      if (static_cast<RangeKind>(row.integer(5)) == RangeKind::kMark) {
        tracks.instant(slice);
        return;
      }
      break;
    case 3:
      slice.category = row.integer(5) == 2 ? "cuda_driver" : "cuda_runtime";
      details[0] = {"correlation", row.integer(6)};
      details[1] = {"status", row.integer(7)};
      slice.detailCount = row.integer(7) == 0 ? 1 : 2;
      slice.flow = flowOf(run_.thread(row.integer(2)).process, row.integer(6));
      break;
    default:
      slice.category = "step";
      details[0] = {"number", row.integer(5)};
      slice.detailCount = 1;
    }
    tracks.add(slice, end);
  }

  Result<void> writeStreams() {
    const std::string sql =
        "SELECT start, duration, lane, name, 1 AS kind, correlation, grid_x * grid_y * grid_z AS a,"
        " block_x * block_y * block_z AS b, graph_node AS c FROM kernel k" +
        where("k") +
        " UNION ALL SELECT start, duration, lane, name, 2, correlation, bytes, copy_kind, "
        "graph_node "
        "FROM memcpy m" +
        where("m") +
        " UNION ALL SELECT start, duration, lane, name, 3, correlation, bytes, value, graph_node "
        "FROM memset m" +
        where("m") + " ORDER BY lane, start, duration DESC, kind";
    std::unique_ptr<LaneTracks> tracks;
    std::int64_t lane = -1;
    HOTLOOP_TRY(database_.forEach(sql, [&](const Row &row) {
      const std::int64_t stream = row.integer(2);
      if (stream <= 0 || static_cast<std::size_t>(stream) >= run_.streams.size()) return;
      if (stream != lane) {
        if (tracks) tracks->finish();
        lane = stream;
        tracks = std::make_unique<LaneTracks>(writer_, [this, stream](std::size_t index) {
          return streamTrack(static_cast<std::size_t>(stream), index);
        });
      }
      Slice slice;
      slice.time = row.integer(0);
      slice.name = run_.text(row.integer(3));
      const std::int64_t kind = row.integer(4);
      slice.category = kind == 1 ? "kernel" : kind == 2 ? "memcpy" : "memset";
      slice.flow = flowOf(run_.stream(stream).process, row.integer(5));
      const Detail details[] = {{"correlation", row.integer(5)},
                                {kind == 1 ? "blocks" : "bytes", row.integer(6)},
                                {kind == 1   ? "threads per block"
                                 : kind == 2 ? "copy kind"
                                             : "value",
                                 row.integer(7)},
                                {"graph node", row.integer(8)}};
      slice.details = details;
      slice.detailCount = row.integer(8) == 0 ? 3 : 4;
      tracks->add(slice, slice.time + row.integer(1));
      counted();
    }));
    if (tracks) tracks->finish();
    return {};
  }

  Result<void> writeMemory() {
    std::map<std::pair<std::int64_t, std::int64_t>, std::uint64_t> counters; // device, allocator
    return database_.forEach(
        "SELECT start, device, allocator, total_allocated, action, bytes FROM allocation a" +
            where("a") + " ORDER BY start, rowid",
        [&](const Row &row) {
          const auto [known, isNew] = counters.try_emplace({row.integer(1), row.integer(2)});
          if (isNew) {
            known->second = trackId(TrackKind::kMemory, counters.size());
            const std::int64_t device = row.integer(1);
            writer_.byteCounter(
                known->second,
                device == 0 ? 0 : trackId(TrackKind::kDevice, static_cast<std::uint64_t>(device)),
                fmt::format("memory in use, {}", allocatorName(row.integer(2))));
          }
          std::int64_t &total = totals_[known->second];
          if (row.integer(3) >= 0)
            total = row.integer(3);
          else if (row.integer(4) == 1)
            total += row.integer(5);
          else if (row.integer(4) == 2)
            total -= row.integer(5);
          writer_.counter(known->second, row.integer(0), total);
          counted();
        });
  }

  static std::string_view allocatorName(std::int64_t allocator) {
    constexpr std::string_view kNames[] = {"unknown",        "torch CPU", "torch CUDA",
                                           "cudaMalloc",     "pinned",    "stream ordered",
                                           "virtual memory", "managed"};
    return kNames[allocator >= 0 && allocator < 8 ? allocator : 0];
  }

  Database &database_;
  const RunEntities &run_;
  PacketWriter writer_;
  const ExportOptions &options_;
  std::map<std::uint64_t, std::int64_t> totals_; // by counter
  std::uint64_t furtherTracks_ = 0;
  std::int64_t events_ = 0;
};

} // namespace

Result<ExportReport> exportPerfetto(const std::string &run, const std::string &path,
                                    const ExportOptions &options) {
  HOTLOOP_ASSIGN(Database database, Database::openRun(run));
  HOTLOOP_ASSIGN(const RunEntities entities, RunEntities::read(database));
  HOTLOOP_ASSIGN(ExportFile file, ExportFile::create(path, options.overwrite));
  PerfettoWriter writer(database, entities, file, options);
  HOTLOOP_TRY(writer.write());
  HOTLOOP_TRY(file.close());
  return ExportReport{writer.events(), file.bytes()};
}

} // namespace hotloop
