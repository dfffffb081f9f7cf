#include "gui/data/trace/trace_load.h"

#include <algorithm>
#include <array>
#include <map>
#include <thread>
#include <utility>

#include "core/store/column_scan.h"
#include "gui/data/trace/event_reader.h"
#include "gui/data/trace/trace_builder.h"

namespace hotloop::gui {
namespace {

constexpr std::int64_t kChunkRows = 64 * 1024; // 2 MB as events: they stay in the cache
constexpr std::int64_t kPreviewRows = 20'000;  // of each table
constexpr std::int64_t kPreviewFrom = 300'000; // smaller runs are read before one would look

struct Job {
  EventTable table = EventTable::kOp;
  std::int64_t first = 0, last = 0;
};

struct Thread {
  std::uint32_t process = 0, osTid = 0;
  std::string name;
};
struct Stream {
  std::uint32_t process = 0, device = 0, cudaStream = 0;
  std::string name;
};
struct Entities {
  std::map<std::uint32_t, Thread> threads;
  std::map<std::uint32_t, Stream> streams;
  std::map<std::uint32_t, std::pair<std::string, std::uint32_t>> processes; // name, pid
  std::map<std::uint32_t, std::pair<std::string, std::uint32_t>> devices;   // name, ordinal
};

std::uint32_t id(std::int64_t value) {
  return value < 0 || value > kNoSlice ? 0 : static_cast<std::uint32_t>(value);
}

const std::string &text(const std::vector<std::string> &texts, std::int64_t string) {
  return string > 0 && static_cast<std::size_t>(string) < texts.size()
             ? texts[static_cast<std::size_t>(string)]
             : texts[0];
}

Result<Entities> readEntities(ColumnScan &scan, const std::vector<std::string> &texts) {
  Entities all;
  const auto each = [&scan](std::string_view table, std::array<std::string_view, 5> columns,
                            std::size_t count, auto &&visit) -> Result<void> {
    HOTLOOP_ASSIGN(const std::int64_t last, scan.lastRow(table));
    return scan.read(table, std::span(columns).first(count), 0, last, [&](const std::int64_t *v) {
      visit(v);
      return true;
    });
  };
  HOTLOOP_TRY(each("process", {"id", "name", "os_pid"}, 3, [&](const std::int64_t *v) {
    all.processes[id(v[1])] = {text(texts, v[2]), id(v[3])};
  }));
  HOTLOOP_TRY(each("thread", {"id", "process", "os_tid", "name"}, 4, [&](const std::int64_t *v) {
    all.threads[id(v[1])] = {id(v[2]), id(v[3]), text(texts, v[4])};
  }));
  HOTLOOP_TRY(each("device", {"id", "name", "ordinal"}, 3, [&](const std::int64_t *v) {
    all.devices[id(v[1])] = {text(texts, v[2]), id(v[3])};
  }));
  HOTLOOP_TRY(each("stream", {"id", "process", "device", "cuda_stream", "name"}, 5,
                   [&](const std::int64_t *v) {
                     all.streams[id(v[1])] = {id(v[2]), id(v[3]), id(v[4]), text(texts, v[5])};
                   }));
  return all;
}

void describeThread(const Entities &all, Track &track) {
  constexpr const char *kLabels[] = {"steps", "ranges", "operators", "CUDA calls", "waits"};
  track.label = kLabels[static_cast<int>(track.table)];
  track.order = track.entity;
  const auto thread = all.threads.find(track.entity);
  if (thread == all.threads.end()) {
    track.group = "unknown thread";
    return;
  }
  track.process = thread->second.process;
  const auto process = all.processes.find(track.process);
  const std::string name =
      process == all.processes.end()
          ? "process"
          : process->second.first + " " + std::to_string(process->second.second);
  track.group = name + " · " +
                (thread->second.name.empty() ? "thread " + std::to_string(thread->second.osTid)
                                             : thread->second.name);
}

void describeStream(const Entities &all, Track &track) {
  track.order = 0x80000000u | track.entity;
  const auto stream = all.streams.find(track.entity);
  if (stream == all.streams.end()) {
    track.group = "GPU";
    track.label = "stream ?";
    return;
  }
  track.process = stream->second.process;
  const auto device = all.devices.find(stream->second.device);
  track.group = device == all.devices.end()
                    ? "GPU"
                    : "GPU " + std::to_string(device->second.second) + " · " + device->second.first;
  track.label = stream->second.name.empty() ? "stream " + std::to_string(stream->second.cudaStream)
                                            : stream->second.name;
}

// Runs the jobs on several connections; each thread takes the next one.
class Pool {
public:
  Pool(const std::string &path, std::vector<Job> jobs, NameKeys &names, const LoadOptions &options)
      : path_(path), jobs_(std::move(jobs)), names_(names), options_(options),
        pieces_(jobs_.size()) {}

  void work(ColumnScan &scan) {
    RawChunk chunk;
    for (std::size_t i = next_++; i < jobs_.size(); i = next_++) {
      auto read = readEvents(scan, jobs_[i].table, jobs_[i].first, jobs_[i].last, names_, counts_,
                             options_.stop, chunk);
      if (!read) return fail(read.error());
      addPieces(chunk, arena_, pieces_[i]);
      if (options_.stop.stop_requested())
        return fail({ErrorKind::kBusy, path_ + ": reading was cancelled"});
      const std::size_t done = ++done_;
      if (options_.progress) {
        options_.progress(0.9 * static_cast<double>(done) / static_cast<double>(jobs_.size()));
      }
    }
  }
  void workAlone() {
    auto scan = ColumnScan::open(path_);
    if (!scan) return fail(scan.error());
    work(*scan);
  }

  Result<void> outcome() const {
    if (failed_) return Unexpected(error_);
    return {};
  }
  // In the order of the file, whoever read them. They live as long as the pool.
  std::vector<EventPiece> pieces() const {
    std::vector<EventPiece> all;
    for (const auto &some : pieces_) all.insert(all.end(), some.begin(), some.end());
    return all;
  }
  std::uint64_t negative() const { return counts_.negative; }
  std::uint64_t outside() const { return counts_.outside; }

private:
  void fail(const Error &error) {
    const std::lock_guard lock(mutex_);
    if (!failed_) error_ = error;
    failed_ = true;
    next_ = jobs_.size();
  }

  const std::string &path_;
  std::vector<Job> jobs_;
  NameKeys &names_;
  const LoadOptions options_; // by value: a preview has its own
  EventArena arena_;
  std::vector<std::vector<EventPiece>> pieces_; // by job
  ReadCounts counts_;
  std::atomic<std::size_t> next_{0}, done_{0};
  std::mutex mutex_;
  bool failed_ = false;
  Error error_;
};

struct Extent {
  std::vector<Job> jobs, preview;
  std::int64_t rows = 0;
};

Result<Extent> plan(ColumnScan &scan) {
  Extent extent;
  for (int i = 0; i < kEventTables; ++i) {
    const auto table = static_cast<EventTable>(i);
    HOTLOOP_ASSIGN(const std::int64_t last, scan.lastRow(eventTableName(table)));
    if (last <= 0) continue;
    if (last > kNoSlice - 1) {
      return Unexpected(unsupported("too many events to show; record a window with "
                                    "hotloop record --window"));
    }
    extent.rows += last;
    extent.preview.push_back({table, 1, std::min(last, kPreviewRows)});
    for (std::int64_t first = 1; first <= last; first += kChunkRows) {
      extent.jobs.push_back({table, first, std::min(last, first + kChunkRows - 1)});
    }
  }
  if (extent.rows > kNoSlice - 1) {
    return Unexpected(unsupported("too many events to show; record a window with "
                                  "hotloop record --window"));
  }
  return extent;
}

} // namespace

Result<TracePtr> loadTrace(const std::string &path, const LoadOptions &options) {
  HOTLOOP_ASSIGN(ColumnScan scan, ColumnScan::open(path));
  HOTLOOP_ASSIGN(std::vector<std::string> texts, scan.strings());
  NameKeys names(texts.size());
  HOTLOOP_ASSIGN(const Entities entities, readEntities(scan, texts));
  auto planned = plan(scan);
  if (!planned)
    return Unexpected(Error{planned.error().kind, path + ": " + planned.error().message});
  const auto describe = [&entities](Track &track) {
    if (track.table >= EventTable::kKernel)
      describeStream(entities, track);
    else
      describeThread(entities, track);
  };
  const auto build = [&](const Pool &read, TraceParts parts, int threads) {
    names.resolve(texts, parts);
    parts.describe = describe;
    return std::make_shared<Trace>(buildTrace(read.pieces(), std::move(parts), threads));
  };

  Pool pool(path, planned->jobs, names, options);
  std::vector<std::thread> others;
  for (int i = 1; i < options.threads && planned->jobs.size() > 2; ++i) {
    others.emplace_back([&pool] { pool.workAlone(); });
  }
  if (options.preview && planned->rows >= kPreviewFrom) {
    Pool first(path, planned->preview, names, LoadOptions{1, options.stop, {}, {}});
    first.work(scan);
    if (first.outcome()) {
      auto preview = build(first, {}, 1);
      preview->complete = false;
      options.preview(preview);
    }
  }
  auto memory = readMemory(scan, options.stop);
  auto steps = readSteps(scan);
  pool.work(scan);
  for (std::thread &thread : others) thread.join();
  HOTLOOP_TRY(pool.outcome());
  TraceParts parts;
  HOTLOOP_ASSIGN(parts.counters, std::move(memory));
  HOTLOOP_ASSIGN(parts.steps, std::move(steps));
  if (pool.negative() > 0) {
    parts.problems.push_back(
        {"events have a negative duration; they are drawn as instants", pool.negative()});
  }
  if (pool.outside() > 0) {
    parts.problems.push_back(
        {"events begin at, or last for, times that no clock has; they are drawn at its ends",
         pool.outside()});
  }
  auto trace = build(pool, std::move(parts), options.threads);
  if (options.progress) options.progress(1.0);
  return TracePtr(std::move(trace));
}

} // namespace hotloop::gui
