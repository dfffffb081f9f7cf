// How fast traces of other tools are read and written, and in how much memory:
//   bench_import [--megabytes N] [--rounds N] [--keep FILE]
//   bench_import --memory N      one trace of N MB to a run file: rate and peak memory
// The Kineto figures stand beside a bare simdjson parse of the same bytes, taken in turns; each
// measurement runs in a child of its own, so that its peak memory is its own. --keep leaves the
// trace there, for import_bench.py, which parses it with HTA too.

#include <simdjson.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <vector>

#include "collectors/import/import_trace.h"
#include "core/export/export_run.h"
#include "core/store/background_sink.h"
#include "core/store/run_writer.h"
#include "core/store/temporary_folder.h"
#include "tests/bench/import/made_trace.h"
#include "tests/support/make_run.h"

namespace hotloop::bench {

namespace {

struct Measured {
  double seconds = 0; // of processor time: one core, whoever else is about
  double clockSeconds = 0;
  double peakBytes = 0;
  double count = 0; // what the body says it did; 0 when it failed
};

double processorSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval &time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Measured measure(const std::function<double()> &body) {
  int ends[2];
  if (::pipe(ends) != 0) return {};
  const pid_t child = ::fork();
  if (child == 0) {
    const double begin = processorSeconds();
    const auto clock = std::chrono::steady_clock::now();
    Measured measured;
    measured.count = body();
    measured.seconds = processorSeconds() - begin;
    measured.clockSeconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - clock).count();
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    measured.peakBytes = static_cast<double>(usage.ru_maxrss) * 1024;
    static_cast<void>(!::write(ends[1], &measured, sizeof measured));
    ::_exit(0);
  }
  ::close(ends[1]);
  Measured measured;
  if (::read(ends[0], &measured, sizeof measured) != sizeof measured) measured = {};
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return measured;
}

double bareParse(const std::string &path) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  simdjson::padded_string text;
  if (simdjson::padded_string::load(path).get(text) != simdjson::SUCCESS) return 0;
  return parser.parse(text).get(root) == simdjson::SUCCESS ? static_cast<double>(text.size()) : 0;
}

double importToFile(const std::string &trace, const std::string &run) {
  RunWriterOptions options;
  options.overwrite = true;
  options.rowsPerTransaction = 200'000;
  options.maxTransactionAge = std::chrono::seconds(60);
  options.survivesWriter = false;
  auto writer = RunWriter::create(run, options);
  if (!writer) return 0;
  BackgroundSink sink(**writer);
  const auto report = importTrace(trace, sink);
  if (!report || !sink.finish() || !(*writer)->finalise(RunState::kClean)) return 0;
  return static_cast<double>(report->events);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values.empty() ? 0 : values[values.size() / 2];
}

struct Series {
  std::vector<double> rates; // by processor time
  std::vector<double> byClock;
  double peak = 0;
  void add(const Measured &measured, double amount) {
    if (measured.count > 0 && measured.seconds > 0) {
      rates.push_back(amount / measured.seconds);
      byClock.push_back(amount / measured.clockSeconds);
    }
    peak = std::max(peak, measured.peakBytes);
  }
  static std::string text(const std::vector<double> &values, double unit) {
    if (values.empty()) return "failed";
    char text[96];
    std::snprintf(text, sizeof text, "%.2f (%.2f to %.2f)", median(values) / unit,
                  *std::ranges::min_element(values) / unit,
                  *std::ranges::max_element(values) / unit);
    return text;
  }
  std::string text(double unit) const { return text(rates, unit); }
  std::string clockText(double unit) const { return text(byClock, unit); }
};

// What SQLite itself needs for rows as wide as those of a kernel, eight in a statement, without a
// journal: no import can store faster than that on one core.
double bareInserts(const std::string &path, int rows) {
  constexpr int kColumns = 16, kTogether = 8;
  std::filesystem::remove(path);
  sqlite3 *db = nullptr;
  sqlite3_open_v2(path.c_str(), &db,
                  SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::string columns, row = "(", insert = "INSERT OR FAIL INTO t VALUES ";
  for (int i = 0; i < kColumns; ++i) {
    columns += (i == 0 ? "c" : ", c") + std::to_string(i) + " INTEGER NOT NULL";
    row += i == 0 ? "?" : ",?";
  }
  row += ")";
  for (int i = 0; i < kTogether; ++i) insert += (i == 0 ? "" : ",") + row;
  const std::string begin = "PRAGMA page_size=16384;PRAGMA synchronous=OFF;PRAGMA journal_mode=OFF;"
                            "CREATE TABLE t (" +
                            columns + ") STRICT;BEGIN";
  sqlite3_exec(db, begin.c_str(), nullptr, nullptr, nullptr);
  sqlite3_stmt *statement = nullptr;
  sqlite3_prepare_v3(db, insert.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  for (int i = 0; i < rows; i += kTogether) {
    for (int parameter = 0; parameter < kTogether * kColumns; ++parameter) {
      const int column = parameter % kColumns;
      const std::int64_t number = i + parameter / kColumns;
      sqlite3_bind_int64(statement, parameter + 1,
                         column == 0  ? number * 10'000
                         : column < 5 ? number
                                      : std::int64_t{column});
    }
    sqlite3_step(statement);
    sqlite3_reset(statement);
  }
  sqlite3_finalize(statement);
  const bool stored = sqlite3_exec(db, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK;
  sqlite3_close(db);
  return stored ? rows : 0;
}

// A trace that is large beside the memory that an import may take.
bool runMemory(std::uint64_t megabytes) {
  const auto folder = TemporaryFolder::create();
  if (!folder) return false;
  const std::string trace = (folder->path() / "made.json").string();
  writeMadeTrace(trace, megabytes << 20);
  const auto bytes = static_cast<double>(std::filesystem::file_size(trace));
  const std::string file = folder->path() / "imported.hotloop";
  const Measured measured = measure([&] { return importToFile(trace, file); });
  std::printf("bench kineto of %.0f MB to a run file: %.1f MB/s, peak %.0f MB\n", bytes * 1e-6,
              bytes * 1e-6 / measured.seconds, measured.peakBytes * 1e-6);
  return measured.count > 0;
}

bool run(std::uint64_t megabytes, int rounds, const std::string &keep) {
  const auto folder = TemporaryFolder::create();
  if (!folder) return false;
  const std::string trace = keep.empty() ? (folder->path() / "made.json").string() : keep;
  const std::string file = folder->path() / "imported.hotloop";
  const std::string nsys = folder->path() / "made.sqlite";
  const std::int64_t objects = writeMadeTrace(trace, megabytes << 20);
  const std::int64_t rows = writeMadeNsys(nsys, static_cast<std::int64_t>(megabytes) * 12'000);
  const auto bytes = static_cast<double>(std::filesystem::file_size(trace));
  std::printf("bench trace: %.0f MB, %lld objects; nsys: %lld rows\n", bytes * 1e-6,
              static_cast<long long>(objects), static_cast<long long>(rows));

  Series bare, toFile, toMemory, nsysToMemory, nsysToFile, inserts;
  const bool canParse = bytes < 1.5e9; // the tree of a larger one does not fit everywhere
  for (int round = 0; round < rounds; ++round) {
    if (canParse) bare.add(measure([&] { return bareParse(trace); }), bytes);
    toFile.add(measure([&] { return importToFile(trace, file); }), bytes);
    if (canParse) toMemory.add(measure([&] { return importView(trace) ? 1.0 : 0.0; }), bytes);
    nsysToMemory.add(measure([&] { return importView(nsys) ? 1.0 : 0.0; }),
                     static_cast<double>(rows));
    nsysToFile.add(measure([&] { return importToFile(nsys, file + "2"); }),
                   static_cast<double>(rows));
    constexpr int kInserts = 400'000;
    inserts.add(measure([&] { return bareInserts(file + "3", kInserts); }), kInserts);
  }
  if (canParse) std::printf("bench bare simdjson: %s MB/s\n", bare.text(1e6).c_str());
  std::printf("bench kineto to a run file: %s MB/s, peak %.0f MB\n", toFile.text(1e6).c_str(),
              toFile.peak * 1e-6);
  if (canParse) {
    std::printf("bench kineto to memory: %s MB/s\n", toMemory.text(1e6).c_str());
    std::printf("bench kineto share of bare simdjson: %.0f %% to a run file, %.0f %% to memory\n",
                100 * median(toFile.rates) / median(bare.rates),
                100 * median(toMemory.rates) / median(bare.rates));
  }
  std::printf("bench nsys to memory: %s M rows/s; to a run file: %s M rows/s of processor time, %s "
              "by the clock (two threads); SQLite's own inserts: %s\n",
              nsysToMemory.text(1e6).c_str(), nsysToFile.text(1e6).c_str(),
              nsysToFile.clockText(1e6).c_str(), inserts.text(1e6).c_str());

  bool allWell = !toFile.rates.empty() && !nsysToMemory.rates.empty();
  constexpr std::pair<ExportFormat, const char *> kFormats[] = {
      {ExportFormat::kKineto, "kineto"},
      {ExportFormat::kPerfetto, "perfetto"},
      {ExportFormat::kNsys, "nsys"},
      {ExportFormat::kCsv, "csv"}};
  for (const auto &[format, name] : kFormats) {
    Series series;
    double events = 0;
    for (int round = 0; round < rounds; ++round) {
      ExportOptions options;
      options.overwrite = true;
      const std::string target = folder->path() / (std::string("export.") + name);
      const Measured measured = measure([&, wanted = format] {
        const auto report = exportRun(file, target, wanted, options);
        return report ? static_cast<double>(report->events) : 0.0;
      });
      events = measured.count;
      series.add(measured, measured.count);
      std::error_code ignored;
      std::filesystem::remove_all(target, ignored);
    }
    std::printf("bench export %s: %s k events/s of %.0f, peak %.0f MB\n", name,
                series.text(1e3).c_str(), events, series.peak * 1e-6);
    allWell = allWell && !series.rates.empty();
  }
  return allWell;
}

} // namespace

} // namespace hotloop::bench

int main(int argc, char **argv) {
  std::uint64_t megabytes = 200;
  int rounds = 5;
  std::uint64_t memory = 0;
  std::string keep;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--megabytes") == 0)
      megabytes = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::strcmp(argv[i], "--memory") == 0) memory = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::strcmp(argv[i], "--rounds") == 0) rounds = std::atoi(argv[i + 1]);
    if (std::strcmp(argv[i], "--keep") == 0) keep = argv[i + 1];
  }
  const bool good =
      memory > 0 ? hotloop::bench::runMemory(memory) : hotloop::bench::run(megabytes, rounds, keep);
  return good ? 0 : 1;
}
