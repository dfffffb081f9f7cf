#include <fcntl.h>
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include "core/store/column_scan.h"
#include "core/store/database.h"
#include "gui/data/trace/trace_cache.h"
#include "gui/data/trace/trace_load.h"
#include "gui/pages/timeline/timeline_view.h"
#include "tests/bench/gui/measure.h"
#include "tests/bench/gui/sections.h"

namespace hotloop::gui_bench {
namespace {

using namespace hotloop::gui;

double residentBytes() {
  std::ifstream file("/proc/self/statm");
  double pages = 0;
  file >> pages >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void dropFromPageCache(const std::string &path) {
  const int file = open(path.c_str(), O_RDONLY);
  if (file < 0) return;
  fdatasync(file);
  posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  close(file);
}

void firstFrame(const TracePtr &trace) {
  TimelineView view(trace);
  view.resize(1920, 1080);
  view.grab();
}

struct Columns {
  std::string_view table;
  std::vector<std::string_view> names;
};
const std::vector<Columns> &timelineColumns() {
  static const std::vector<Columns> all = {
      {"op", {"start", "duration", "lane", "name", "scope"}},
      {"range", {"start", "duration", "lane", "name"}},
      {"api", {"start", "duration", "lane", "name", "correlation"}},
      {"sync", {"start", "duration", "lane", "name", "kind"}},
      {"kernel", {"start", "duration", "lane", "name", "correlation", "graph"}},
      {"memcpy", {"start", "duration", "lane", "name", "correlation"}},
      {"memset", {"start", "duration", "lane", "name", "correlation"}},
      {"allocation",
       {"start", "action", "allocator", "device", "bytes", "total_allocated", "total_reserved"}}};
  return all;
}

struct Job {
  const Columns *columns;
  std::int64_t first, last;
};
std::vector<Job> jobsOf(const std::string &path) {
  std::vector<Job> jobs;
  auto scan = ColumnScan::open(path);
  for (const Columns &each : timelineColumns()) {
    const std::int64_t last = *scan->lastRow(each.table);
    for (std::int64_t first = 1; first <= last; first += 500'000)
      jobs.push_back({&each, first, std::min(last, first + 499'999)});
  }
  return jobs;
}

// Hands the jobs to threads; open() gives each thread what does them.
template <class Open> double spreadOver(std::size_t threads, const std::string &path, Open &&open) {
  const std::vector<Job> jobs = jobsOf(path);
  const auto start = Clock::now();
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    auto source = open();
    for (std::size_t i = next++; i < jobs.size(); i = next++) source(jobs[i]);
  };
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (std::thread &thread : others) thread.join();
  return since(start);
}

std::atomic<std::int64_t> sum{0}; // so that nothing is left out

// What SQLite needs to step over the rows of the timeline, with nothing done to them.
double sqliteAlone(const std::string &path, std::size_t threads) {
  return spreadOver(threads, path, [&path] {
    auto database = std::make_shared<Database>(*Database::open(path));
    return [database](const Job &job) {
      std::string sql = "SELECT rowid";
      for (const std::string_view name : job.columns->names) sql += ", " + std::string(name);
      sql += fmt::format(" FROM {} WHERE rowid BETWEEN {} AND {}", job.columns->table, job.first,
                         job.last);
      const int count = static_cast<int>(job.columns->names.size()) + 1;
      std::int64_t mine = 0;
      static_cast<void>(database->forEach(sql, [&](const Database::Row &values) {
        for (int i = 0; i < count; ++i) mine += values.integer(i);
      }));
      sum += mine;
    };
  });
}

// The same rows as they come from the pages.
double pagesAlone(const std::string &path, std::size_t threads) {
  return spreadOver(threads, path, [&path] {
    auto scan = std::make_shared<ColumnScan>(*ColumnScan::open(path));
    return [scan](const Job &job) {
      std::int64_t mine = 0;
      static_cast<void>(scan->read(job.columns->table, job.columns->names, job.first, job.last,
                                   [&](const std::int64_t *values) {
                                     mine += values[1];
                                     return true;
                                   }));
      sum += mine;
    };
  });
}

// In a process of its own, so that nothing but the run is resident.
double bytesPerEvent(const std::string &run, const std::string &empty, std::uint64_t events) {
  std::array<int, 2> answer{};
  if (pipe(answer.data()) != 0) return 0;
  const pid_t child = fork();
  if (child == 0) {
    firstFrame(*loadTrace(empty));
    malloc_trim(0);
    const double before = residentBytes();
    const TracePtr trace = *loadTrace(run);
    firstFrame(trace);
    malloc_trim(0);
    const double each = (residentBytes() - before) / static_cast<double>(events);
    _exit(write(answer[1], &each, sizeof each) == sizeof each ? 0 : 1);
  }
  double each = 0;
  const bool told = read(answer[0], &each, sizeof each) == sizeof each;
  waitpid(child, nullptr, 0);
  close(answer[0]);
  close(answer[1]);
  return told ? each : 0;
}

} // namespace

void openSection(const std::string &run, const std::string &empty, std::uint64_t events) {
  constexpr int kRounds = 5;
  setCachePolicy({false, {}});
  row("resident bytes per event", fmt::format("{:.1f}", bytesPerEvent(run, empty, events)));
  std::vector<double> preview, whole, work, sqlite, pages;
  for (int round = 0; round < kRounds; ++round) {
    dropFromPageCache(run);
    LoadOptions options;
    const auto start = Clock::now();
    const double before = computed(CLOCK_PROCESS_CPUTIME_ID);
    options.preview = [&](const TracePtr &some) {
      firstFrame(some);
      preview.push_back(since(start));
    };
    firstFrame(*loadTrace(run, options));
    whole.push_back(since(start));
    work.push_back(computed(CLOCK_PROCESS_CPUTIME_ID) - before);
    malloc_trim(0);
    // Beside it: the machine may change.
    sqlite.push_back(sqliteAlone(run, 2));
    pages.push_back(pagesAlone(run, 2));
  }
  if (!preview.empty()) row("cold open: first pixels", spread(preview));
  row("cold open: everything", spread(whole));
  row("  of it computing, two threads", spread(work));
  row("  SQLite alone steps over the same rows", spread(sqlite));
  row("  their pages alone", spread(pages));
}

void warmSection(const std::string &run) {
  constexpr int kRounds = 15;
  setCachePolicy({true, {}});
  {
    const TracePtr trace = *loadTrace(run);
    row("writing the cache", rounds(1, [&] { storeCachedTrace(run, *trace); }));
  }
  std::vector<double> warm, warmWork;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = Clock::now();
    const double before = computed(CLOCK_PROCESS_CPUTIME_ID);
    const TracePtr cached = loadCachedTrace(run);
    if (cached == nullptr) return row("warm open", "no cache was kept");
    firstFrame(cached);
    warm.push_back(since(start));
    warmWork.push_back(computed(CLOCK_PROCESS_CPUTIME_ID) - before);
  }
  row("warm open to the first frame", spread(warm));
  row("  of it computing, all threads", spread(warmWork));
  std::filesystem::remove(cachePath(run));
}

} // namespace hotloop::gui_bench
