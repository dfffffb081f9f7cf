#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyzers/steps/steps.h"
#include "core/report/finding.h"
#include "core/trace/trace_view.h"

// What the gate and the comparison know of a run: a summary that is small beside the events, so
// that it can be kept and read again in milliseconds (cli/gate/profile_cache.h).
namespace hotloop {

enum class SeriesLevel : std::uint8_t { kStep, kPhase, kSite };

// Where in a function a counter comes from, so that a message can name the line.
struct SeriesLine {
  std::uint32_t line = 0;
  std::string op;     // operator or call that counted, the most frequent one
  double perStep = 0; // mean over the steady steps
};

// One counter in every steady step: of the whole step, of a phase (range path), or of a site. A
// site is a function of a file in a phase: lines move with every edit and are details.
struct CounterSeries {
  // Name in the metrics catalogue, or h2d_bytes, d2h_bytes, d2d_bytes, peak_bytes, live_bytes.
  std::string counter;
  SeriesLevel level = SeriesLevel::kStep;
  std::string phase;    // "" at step level, and for what happens outside of ranges
  std::string file;     // at site level; "" unknown
  std::string function; // likewise
  std::vector<SeriesLine> lines;
  std::vector<std::int64_t> values; // by steady step

  bool sameKey(const CounterSeries &other) const;
};
bool operator<(const CounterSeries &a, const CounterSeries &b); // by key

// One owner of time of a step (analyzers/compare/ownership.h).
struct TimeOwner {
  std::string category; // kernel, copy, fill, sync, launch, allocator, operator, host
  std::string phase;
  std::string opPath; // "aten::linear/aten::addmm"
  std::string file, function;
  std::string family; // of a kernel
  std::uint32_t line = 0;
  std::int64_t owned = 0;     // ns of steady steps that it owns
  std::int64_t worked = 0;    // ns that its events took, hidden ones included
  std::int64_t count = 0;     // events
  std::int64_t registers = 0; // of a kernel: most per thread that one of them had; 0 unknown
};

// What a phase owns of every steady step. Phases below it have rows of their own.
struct PhaseTime {
  std::string phase;                // "" outside of ranges
  std::vector<std::int64_t> values; // ns, by steady step
};

// What must be alike for counters to mean the same.
struct Fingerprint {
  std::string deviceClass; // cpu, h100, rtx-4090
  std::string device;      // as the driver names it
  std::string felt;        // measured | would
  std::string stepSource;  // api | nvtx | profiler | detected
  std::string source;      // record, import:kineto, ...
  std::string attachment;  // how LibTorch was observed: plugin, replica, none
  std::string torch, cuda, driver, python, cpuModel;
};

struct RunProfile {
  Fingerprint fingerprint;
  std::string command;
  std::string commit; // filled by the caller where known
  std::string state;  // clean | truncated | running
  std::int64_t exitStatus = 0;
  std::int64_t steps = 0;
  std::int64_t startRealtime = 0;
  std::string whyNone;                 // sentence, when there are no steady steps
  std::vector<std::int64_t> durations; // ns, by steady step
  std::vector<std::string> counted;    // counters that this run can give, zero or not
  std::vector<CounterSeries> series;   // sorted by key; a site or phase that is missing counted 0
  std::vector<TimeOwner> owners;       // sum of `owned` = sum of `durations`
  std::vector<PhaseTime> phaseTimes;   // by phase; their sums are the durations
  std::vector<std::string> lost;       // sentences: records are missing, counts are too low

  bool counts(std::string_view counter) const;
  const CounterSeries *find(std::string_view counter) const; // of the whole step
};

// Of the loaded run. Pure. Never fails: see whyNone, which is also told when `stop` asked.
RunProfile profileRun(const TraceView &trace, const StepChoice &choice,
                      const std::stop_token &stop = {});

// "NVIDIA H100 80GB HBM3" -> "h100", "NVIDIA GeForce RTX 4090" -> "rtx-4090"; "" -> "cpu".
std::string deviceClassOf(std::string_view deviceName);

} // namespace hotloop
