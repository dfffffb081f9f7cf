#include "collectors/inject/live_session.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "collectors/inject/shell_quote.h"
#include "core/metrics/quality.h"
#include "core/trace/meta_keys.h"

namespace hotloop {
namespace {

using namespace std::chrono_literals;

// Counter of a region -> row of the quality table; empty: not told.
struct CounterRow {
  ring::Counter counter;
  std::string_view quality;
};
constexpr std::array kCounterRows{
    CounterRow{ring::Counter::kDroppedRecords, "dropped_records"},
    CounterRow{ring::Counter::kStacksNotTaken, "stacks_not_taken"},
    CounterRow{ring::Counter::kStackFailures, "stack_failures"},
    CounterRow{ring::Counter::kNoUnwinder, "no_unwinder"},
    CounterRow{ring::Counter::kUnbalancedPops, "unbalanced_pops"},
    CounterRow{ring::Counter::kCallbackFailures, "callback_failures"},
    CounterRow{ring::Counter::kPythonFramesRefused, "python_frames_refused"},
    CounterRow{ring::Counter::kOpenOverflow, "open_overflow"},
    CounterRow{ring::Counter::kTorchProfilerSeen, "torch_profiler_seen"},
    CounterRow{ring::Counter::kReentered, "dropped_records"},
    CounterRow{ring::Counter::kThreadsNotRecorded, "no_shared_memory"},
    CounterRow{ring::Counter::kCuptiDropped, "cupti_dropped_records"},
    CounterRow{ring::Counter::kCuptiUnknown, "unknown_cupti_records"},
    CounterRow{ring::Counter::kCuptiNoTime, "device_work_without_times"},
    CounterRow{ring::Counter::kCuptiFatal, "cupti_stopped"},
    CounterRow{ring::Counter::kCudaFlushTimeout, "cuda_flush_timeout"},
};

constexpr std::int64_t kFirstInterval = 5'000'000; // ns

int exitStatusOf(int waitStatus) {
  return WIFSIGNALED(waitStatus) ? 128 + WTERMSIG(waitStatus) : WEXITSTATUS(waitStatus);
}

// State letter and start time of a process; state 0 when there is none.
struct ProcStat {
  char state = 0;
  std::string birth;
};
ProcStat readProcStat(std::uint32_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return {};
  const auto paren = line.rfind(')'); // the name may hold anything
  if (paren == std::string::npos || paren + 2 >= line.size()) return {};
  ProcStat stat;
  stat.state = line[paren + 2];
  std::size_t at = paren + 2;
  for (int field = 3; field < 22 && at != std::string::npos; ++field) {
    at = line.find(' ', at);
    if (at != std::string::npos) ++at;
  }
  if (at != std::string::npos) stat.birth = line.substr(at, line.find(' ', at) - at);
  return stat;
}

bool endsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

std::int64_t realtimeNow() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

} // namespace

LiveSession::LiveSession(const LiveFolder &folder, TraceSink &sink, const ClockReading &start)
    : folder_(folder), sink_(sink), start_(start), clocks_(start), callSites_(sink),
      context_{sink, clocks_, callSites_} {
  sink_.add(ClockSyncRow{Nanoseconds(start.monotonic), start.ticks, realtimeNow(), {}});
}

void LiveSession::updateClocks() {
  ClockReading now = readClocks();
  // The first rate needs two readings some time apart; a program may be done sooner.
  if (now.monotonic - start_.monotonic < kFirstInterval) {
    std::this_thread::sleep_for(
        std::chrono::nanoseconds(kFirstInterval - (now.monotonic - start_.monotonic)));
    now = readClocks();
  }
  if (clocks_.update(now))
    sink_.add(ClockSyncRow{Nanoseconds(now.monotonic), now.ticks, realtimeNow(), {}});
}

std::size_t LiveSession::poll() {
  ++round_;
  findRegions();
  // Later ones of that number are other processes.
  std::erase_if(ended_, [this](const auto &entry) { return entry.second.round + 2 < round_; });
  std::size_t taken = 0;
  for (auto &process : open_) {
    taken += process->region->drain(*process->decoder);
    process->decoder->roundEnded();
    if (process->over) close(*process);
  }
  std::erase_if(open_, [](const auto &process) { return process->region == nullptr; });
  updateClocks();
  const Clock::time_point now = Clock::now();
  if (now - lastLook_ >= 100ms) {
    lastLook_ = now;
    lookForDead();
  }
  if (now - lastReport_ >= 1s) {
    lastReport_ = now;
    for (auto &process : open_) reportCounters(*process);
  }
  return taken;
}

void LiveSession::findRegions() {
  for (const std::string &name : folder_.entries()) {
    if (refused_.contains(name)) continue;
    if (endsWith(name, ring::kFailedSuffix)) {
      refused_.insert(name);
      reportQuality(sink_, "no_shared_memory");
    } else if (endsWith(name, ring::kRegionSuffix)) {
      bool known = false;
      for (const auto &process : open_) known = known || process->file == name;
      if (!known) openRegion(name);
    }
  }
  if (!folderLost_ && !folder_.exists()) {
    folderLost_ = true;
    reportQuality(sink_, "live_folder_lost");
  }
}

void LiveSession::openRegion(const std::string &name) {
  auto opened = ring::RegionReader::open(folder_.path() + "/" + name);
  if (!opened) {
    if (opened.error().kind == ErrorKind::kCorrupt) {
      refused_.insert(name);
      reportQuality(sink_, "lost_records", 1, opened.error().message);
    }
    return; // out of descriptors: tried again when others are closed
  }
  if (!*opened) return; // still being filled
  auto process = std::make_unique<Process>();
  process->region = std::move(*opened);
  process->file = name;
  const ring::RegionInfo &info = process->region->info();

  updateClocks();
  process->reported.resize(static_cast<std::size_t>(ring::Counter::kCount));
  process->row.id = ProcessId(++lastProcess_);
  process->row.osPid = info.pid;
  findParent(*process);
  process->row.name = sink_.intern(info.executable);
  process->row.commandLine = sink_.intern(shellQuote(info.commandLine));
  process->row.exitStatus = -1;
  process->row.rank = info.rank;
  process->decoder = std::make_unique<RecordDecoder>(context_, process->row.id, info);
  process->row.start = process->decoder->firstTime();
  sink_.add(process->row);

  // An earlier image of the same process is over: it was replaced by exec, or its pid was used
  // again. Both may be found at once, in any order.
  bool latest = true;
  for (auto &other : open_) {
    if (other->row.osPid != info.pid) continue;
    const bool older = process->row.start < other->row.start;
    (older ? *process : *other).over = true;
    latest = latest && !older;
  }
  if (latest) byPid_[info.pid] = process->row.id;
  const ProcStat stat = readProcStat(info.pid);
  process->birth = stat.birth;
  if (const auto ended = ended_.find(info.pid); latest && ended != ended_.end()) {
    process->row.exitStatus = exitStatusOf(ended->second.waitStatus);
    process->known = true;
    process->over = true;
    ended_.erase(ended);
  }
  open_.push_back(std::move(process));
}

void LiveSession::processEnded(std::uint32_t pid, int waitStatus) {
  for (auto &process : open_)
    if (process->row.osPid == pid && !process->over) {
      process->row.exitStatus = exitStatusOf(waitStatus);
      process->known = true;
      process->over = true;
      return;
    }
  constexpr std::size_t kMostRemembered = 10'000;
  if (ended_.size() < kMostRemembered) ended_[pid] = {waitStatus, round_};
}

// Processes that somebody else waits for.
void LiveSession::lookForDead() {
  for (auto &process : open_) {
    if (process->over) continue;
    const ProcStat stat = readProcStat(process->row.osPid);
    process->over = stat.state == 0 || stat.state == 'Z' || stat.state == 'X' ||
                    (!process->birth.empty() && stat.birth != process->birth);
  }
}

void LiveSession::reportCounters(Process &process) {
  for (const CounterRow &row : kCounterRows) {
    const std::uint64_t total = process.region->counter(row.counter);
    std::uint64_t &told = process.reported[static_cast<std::size_t>(row.counter)];
    if (total <= told) continue;
    // A damaged region may claim anything.
    const std::uint64_t added = std::min<std::uint64_t>(total - told, 1'000'000'000'000u);
    if (row.quality == "dropped_records" || row.quality == "cupti_dropped_records")
      dropped_ += added;
    reportQuality(sink_, row.quality, static_cast<std::int64_t>(added));
    profilerSeen_ = profilerSeen_ || row.counter == ring::Counter::kTorchProfilerSeen;
    told = total;
  }
  const std::uint64_t damage = process.region->damage();
  if (damage > process.reportedDamage)
    reportQuality(sink_, "lost_records",
                  static_cast<std::int64_t>(damage - process.reportedDamage));
  process.reportedDamage = damage;
}

// May be found only later: a folder lists its entries in any order.
void LiveSession::findParent(Process &process) {
  const auto parent = byPid_.find(process.region->info().parentPid);
  if (!process.row.parent && parent != byPid_.end()) process.row.parent = parent->second;
}

// The process is gone or finished and its region was read to the end.
void LiveSession::close(Process &process) {
  process.region->drain(*process.decoder);
  for (int round = 0; round < CudaState::kRounds; ++round) process.decoder->roundEnded();
  reportCounters(process);
  reportQuality(sink_, "unclosed_ranges", process.decoder->openRanges());
  if (!process.region->finished() && process.known) reportQuality(sink_, "process_killed");
  findParent(process);
  process.row.start = process.decoder->firstTime();
  process.row.end = process.decoder->lastTime();
  sink_.add(process.row);
  ::unlink((folder_.path() + "/" + process.file).c_str());
  process.region.reset();
}

void LiveSession::report(std::string_view name, std::int64_t total, std::int64_t &told) {
  if (total > told) reportQuality(sink_, name, total - told);
  told = total;
}

// Marks outside of a window tell how long a step takes when nothing else is recorded.
void LiveSession::tellStepTime() {
  if (context_.windowStart.count == 0) return;
  const auto time =
      stepTimeOutside(context_.markedSteps.empty() ? context_.rangeSteps : context_.markedSteps,
                      context_.windowStart, context_.windowEnd);
  if (time && !stepTimeKnown_)
    sink_.setMeta(meta_key::kStepTimeUnprofiled, std::to_string(time->count));
}

void LiveSession::finish() {
  poll();
  lookForDead();
  std::int64_t alive = 0;
  for (auto &process : open_) {
    if (!process->over) ++alive;
    close(*process);
  }
  open_.clear();
  reportQuality(sink_, "process_outlived_recording", alive);
  tellStepTime();
  if (profilerSeen_ && context_.cudaRecorded) reportQuality(sink_, "torch_profiler_blind");
  report("unknown_records", context_.unknownRecords, toldUnknown_);
  report("lost_records", context_.damagedRecords, toldDamaged_);
  report("unclosed_ranges", context_.lostRanges, toldRanges_);
  report("clock_jumps", clocks_.jumps(), toldJumps_);
  report("stacks_not_taken", callSites_.refused(), toldRefused_);
}

} // namespace hotloop
