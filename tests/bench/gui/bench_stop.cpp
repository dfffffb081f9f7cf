#include <algorithm>
#include <pthread.h>
#include <thread>

#include "gui/data/run_document.h"
#include "gui/data/trace/trace_cache.h"
#include "gui/data/what_if_session.h"
#include "tests/bench/gui/measure.h"
#include "tests/bench/gui/sections.h"

namespace hotloop::gui_bench {
namespace {

using namespace hotloop::gui;

constexpr int kRounds = 16;

// Asks for a stop at moments that are spread over what `work` takes; how long it takes to return.
template <class Work> void stops(const std::string &what, Work &&work) {
  const auto start = Clock::now();
  work(std::stop_token());
  const double whole = since(start);
  std::vector<double> waited;
  std::vector<double> worked;
  double worst = 0;
  double worstAt = 0;
  for (int i = 0; i < kRounds; ++i) {
    std::stop_source stop;
    double end = 0;
    std::thread worker([&] {
      work(stop.get_token());
      end = computed(CLOCK_THREAD_CPUTIME_ID);
    });
    clockid_t clock{};
    pthread_getcpuclockid(worker.native_handle(), &clock);
    const double at = whole * (i + 0.5) / kRounds;
    std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(at));
    const auto asked = Clock::now();
    timespec unused{};
    const bool alive = clock_gettime(clock, &unused) == 0;
    const double begin = alive ? computed(clock) : 0;
    stop.request_stop();
    worker.join();
    waited.push_back(since(asked));
    worked.push_back(alive ? std::max(0.0, end - begin) : 0);
    if (worked.back() > worst) {
      worst = worked.back();
      worstAt = at;
    }
  }
  row("  " + what, quantiles(std::move(waited)));
  row("    computing", fmt::format("{}; longest when asked at {:.1f} of {:.1f} s",
                                   quantiles(std::move(worked)), worstAt / 1e3, whole / 1e3));
}

} // namespace

void stopSection(const std::string &run) {
  setCachePolicy({false, {}});
  row("from the wish to stop to the end", "");
  const auto timeline = openTimeline(run);
  if (!timeline) return row("stop", timeline.error().message);
  stops("of the analysis",
        [&](const std::stop_token &stop) { return withAnalysis(*timeline, stop).has_value(); });
  stops("of a replay for What-if",
        [&](const std::stop_token &stop) { return WhatIfSession::open(run, stop).has_value(); });
}

} // namespace hotloop::gui_bench
