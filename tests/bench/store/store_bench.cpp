// The store against a bare SQLite loop, paired in one run, and what finishing and loading a run
// cost.
//   build/<preset>/bench/store_bench
// `ratio` is rows per second of CPU time of the RunWriter over those of the loop; the table gives
// its median and spread over the repetitions.

#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "tests/support/make_run.h"

namespace hotloop {
namespace {

constexpr std::size_t kRows = 400'000;
constexpr std::size_t kRowsPerTransaction = 20'000;
constexpr std::uint64_t kMillion = 1'000'000;

double cpuSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double wallSeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string benchPath(const std::string &name) {
  return (std::filesystem::temp_directory_path() / ("hotloop_store_bench_" + name)).string();
}

void removeFile(const std::string &path) {
  for (const char *suffix : {"", "-wal", "-shm", "-journal"})
    std::filesystem::remove(path + suffix);
}

const std::vector<OpEvent> &rows() {
  static const std::vector<OpEvent> made = [] {
    std::vector<OpEvent> events(kRows);
    for (std::size_t i = 0; i < kRows; ++i) {
      OpEvent &event = events[i];
      event.start = Nanoseconds(static_cast<std::int64_t>(1'000'000'000'000 + i * 3'137));
      event.duration = Nanoseconds(static_cast<std::int64_t>(2'000 + i % 911));
      event.lane = ThreadId(1 + i % 2);
      event.name = StringId(static_cast<std::uint32_t>(1 + i % 97));
      event.depth = static_cast<std::uint16_t>(i % 4);
      event.sequence = static_cast<std::int64_t>(i);
      event.location = FrameId(static_cast<std::uint32_t>(1 + i % 53));
    }
    return events;
  }();
  return made;
}

// The least code that stores these columns in such a file.
double bareLoop(const std::string &path) {
  removeFile(path);
  sqlite3 *db = nullptr;
  if (sqlite3_open_v2(path.c_str(), &db,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                      nullptr) != SQLITE_OK)
    std::abort();
  sqlite3_exec(
      db,
      "PRAGMA page_size=16384;PRAGMA journal_mode=WAL;PRAGMA synchronous=OFF;"
      "PRAGMA cache_size=-8192;"
      "CREATE TABLE op (start INTEGER NOT NULL, duration INTEGER NOT NULL, lane INTEGER NOT "
      "NULL, name INTEGER NOT NULL, scope INTEGER NOT NULL, depth INTEGER NOT NULL, sequence "
      "INTEGER NOT NULL, forward_thread INTEGER NOT NULL, location INTEGER NOT NULL, stack "
      "INTEGER NOT NULL) STRICT",
      nullptr, nullptr, nullptr);
  sqlite3_stmt *insert = nullptr;
  if (sqlite3_prepare_v2(db, "INSERT INTO op VALUES (?,?,?,?,?,?,?,?,?,?)", -1, &insert, nullptr) !=
      SQLITE_OK)
    std::abort();
  const std::vector<OpEvent> &events = rows();
  const double start = cpuSeconds();
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i % kRowsPerTransaction == 0) sqlite3_exec(db, "BEGIN", nullptr, nullptr, nullptr);
    const OpEvent &event = events[i];
    sqlite3_bind_int64(insert, 1, event.start.count);
    sqlite3_bind_int64(insert, 2, event.duration.count);
    sqlite3_bind_int64(insert, 3, event.lane.value);
    sqlite3_bind_int64(insert, 4, event.name.value);
    sqlite3_bind_int64(insert, 5, static_cast<int>(event.scope));
    sqlite3_bind_int64(insert, 6, event.depth);
    sqlite3_bind_int64(insert, 7, event.sequence);
    sqlite3_bind_int64(insert, 8, event.forwardThread);
    sqlite3_bind_int64(insert, 9, event.location.value);
    sqlite3_bind_int64(insert, 10, event.stack.value);
    if (sqlite3_step(insert) != SQLITE_DONE) std::abort();
    sqlite3_reset(insert);
    if ((i + 1) % kRowsPerTransaction == 0) sqlite3_exec(db, "COMMIT", nullptr, nullptr, nullptr);
  }
  const double seconds = cpuSeconds() - start;
  sqlite3_finalize(insert);
  sqlite3_close(db);
  removeFile(path);
  return seconds;
}

std::unique_ptr<RunWriter> createWriter(const std::string &path) {
  RunWriterOptions options;
  options.overwrite = true;
  auto writer = RunWriter::create(path, options);
  if (!writer) std::abort();
  return std::move(writer).value();
}

double throughWriter(const std::string &path) {
  auto writer = createWriter(path);
  TraceSink &sink = *writer;
  const double start = cpuSeconds();
  for (const OpEvent &event : rows()) sink.add(event);
  if (!sink.commit()) std::abort();
  const double seconds = cpuSeconds() - start;
  writer.reset();
  removeFile(path);
  return seconds;
}

void writerAgainstBareLoop(benchmark::State &state) {
  rows();
  for (auto _ : state) {
    // Both orders, so that a machine that warms up or slows down favours neither.
    double bare = bareLoop(benchPath("bare"));
    double writer = throughWriter(benchPath("writer"));
    writer += throughWriter(benchPath("writer"));
    bare += bareLoop(benchPath("bare"));
    state.SetIterationTime(bare + writer);
    state.counters["ratio"] = bare / writer;
    state.counters["bare_rows_per_s"] = 2.0 * kRows / bare;
    state.counters["writer_rows_per_s"] = 2.0 * kRows / writer;
  }
}
BENCHMARK(writerAgainstBareLoop)
    ->Iterations(1)
    ->Repetitions(7)
    ->UseManualTime()
    ->ReportAggregatesOnly()
    ->Unit(benchmark::kSecond);

double makeMillion(const std::string &path, bool device) {
  auto writer = createWriter(path);
  test_support::MakeRunOptions options;
  options.events = kMillion;
  options.device = device;
  if (!test_support::makeRun(*writer, options)) std::abort();
  const double start = wallSeconds();
  if (!writer->finalise(RunState::kClean)) std::abort();
  return wallSeconds() - start;
}

void finaliseMillion(benchmark::State &state) {
  const std::string path = benchPath("finalise");
  for (auto _ : state) {
    const double seconds = makeMillion(path, state.range(0) != 0);
    state.SetIterationTime(seconds);
    state.counters["bytes_per_row"] =
        static_cast<double>(std::filesystem::file_size(path)) / kMillion;
  }
  removeFile(path);
}
BENCHMARK(finaliseMillion)
    ->Arg(0)
    ->Arg(1)
    ->ArgName("device")
    ->Iterations(1)
    ->Repetitions(3)
    ->UseManualTime()
    ->ReportAggregatesOnly()
    ->Unit(benchmark::kSecond);

void loadMillion(benchmark::State &state) {
  const std::string path = benchPath("load");
  makeMillion(path, state.range(0) != 0);
  for (auto _ : state) {
    auto run = loadRun(path);
    if (!run) std::abort();
    benchmark::DoNotOptimize(run);
  }
  removeFile(path);
}
BENCHMARK(loadMillion)
    ->Arg(0)
    ->Arg(1)
    ->ArgName("device")
    ->Iterations(1)
    ->Repetitions(3)
    ->ReportAggregatesOnly()
    ->Unit(benchmark::kSecond);

} // namespace
} // namespace hotloop

BENCHMARK_MAIN();
