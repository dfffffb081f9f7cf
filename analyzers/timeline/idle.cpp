#include "analyzers/timeline/idle.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "analyzers/steps/lanes.h"
#include "analyzers/timeline/api_kinds.h"
#include "analyzers/timeline/idle_parts.h"
#include "core/base/stop.h"

namespace hotloop {

std::string_view idleCauseName(IdleCause cause) {
  constexpr std::array<std::string_view, kIdleCauses> kNames = {
      "after_sync",   "launch_bound", "allocation", "input_pipeline", "blocking_copy",
      "other_stream", "device_gap",   "collective", "tail",           "unknown"};
  return kNames[static_cast<std::size_t>(cause)];
}

std::string_view idleCauseText(IdleCause cause) {
  constexpr std::array<std::string_view, kIdleCauses> kTexts = {
      "the host waited for the device and then started anew",
      "the host was busy with operators and launches",
      "the host was in cudaMalloc, cudaFree or cudaHostAlloc",
      "the host waited for input",
      "the host was in a copy from or to pageable memory",
      "work waited for another stream or device",
      "the device went from one queued work to the next",
      "only communication ran",
      "after the last work of a step",
      "nothing on record tells"};
  return kTexts[static_cast<std::size_t>(cause)];
}

std::string_view hostWaitName(HostWait wait) {
  constexpr std::array<std::string_view, kHostWaits> kNames = {"kernels", "copies", "collectives",
                                                               "nothing", "memory"};
  return kNames[static_cast<std::size_t>(wait)];
}

namespace timeline {

namespace {

constexpr std::int64_t kLaunchLatency = 20'000; // from the end of a launch to its work
constexpr std::int64_t kDeviceGap = 5'000;      // between queued works
constexpr std::int64_t kJustBefore = 10'000;    // a wait that ended this short before the device
                                                // ran dry

class Accountant {
public:
  Accountant(const HostStates &host, const DeviceView &device) : host_(host), device_(device) {}

  DeviceIdle account(std::int64_t start, std::int64_t end) {
    result_.start = start;
    result_.end = end;
    const TimeSet busy(device_.busy);
    const std::vector<TimeStretch> idle = busy.complement(start, end);
    result_.busy = end - start;
    for (const TimeStretch &stretch : idle) {
      result_.busy -= stretch.end - stretch.start;
      explain(stretch);
    }
    return std::move(result_);
  }

private:
  void add(std::int64_t start, std::int64_t end, IdleCause cause) {
    if (end <= start) return;
    result_.byCause[static_cast<std::size_t>(cause)] += end - start;
    auto &pieces = result_.pieces;
    if (!pieces.empty() && pieces.back().end == start && pieces.back().cause == cause)
      pieces.back().end = end;
    else
      pieces.push_back({start, end, cause});
  }

  void explain(const TimeStretch &idle) {
    std::vector<std::int64_t> borders{idle.start, idle.end};
    device_.collectives.addBorders(idle.start, idle.end, borders);
    std::sort(borders.begin(), borders.end());
    for (std::size_t i = 0; i + 1 < borders.size(); ++i) {
      stopPoint(i);
      if (device_.collectives.contains(borders[i]))
        add(borders[i], borders[i + 1], IdleCause::kCollective);
      else
        explainQuiet(borders[i], borders[i + 1], idle);
    }
  }

  // Nothing runs in [start, end): up to the launch of the next work it is the host, then the work.
  void explainQuiet(std::int64_t start, std::int64_t end, const TimeStretch &idle) {
    const auto next = std::lower_bound(
        device_.works.begin(), device_.works.end(), end,
        [](const DevicePiece &piece, std::int64_t time) { return piece.start < time; });
    if (next == device_.works.end()) {
      byHost(start, end, idle, true);
      return;
    }
    if (next->launchEnd == DevicePiece::kNoLaunch) {
      add(start, end, IdleCause::kUnknown);
      return;
    }
    const std::int64_t launched = std::clamp(next->launchEnd, start, end);
    byHost(start, launched, idle, false);
    const std::int64_t rest = end - launched;
    if (rest == 0) return;
    if (launched > start && rest <= kLaunchLatency)
      add(launched, end, IdleCause::kLaunchBound);
    else if (rest <= kDeviceGap)
      add(launched, end, IdleCause::kDeviceGap);
    else
      add(launched, end, next->waits ? IdleCause::kOtherStream : IdleCause::kUnknown);
  }

  void byHost(std::int64_t start, std::int64_t end, const TimeStretch &idle, bool last) {
    if (end <= start) return;
    std::vector<std::int64_t> borders{start, end};
    for (const TimeSet *set :
         {&host_.allocation, &host_.copy, &host_.sync, &host_.input, &host_.silence})
      set->addBorders(start, end, borders);
    // A wait that ended when the device ran dry, or after it, is why the host starts anew.
    const auto sync =
        std::lower_bound(host_.syncEnds.begin(), host_.syncEnds.end(), idle.start - kJustBefore);
    const std::int64_t synced = sync != host_.syncEnds.end() && *sync < end ? *sync : INT64_MAX;
    if (synced > start && synced < end) borders.push_back(synced);
    const auto border = std::upper_bound(host_.stepEnds.begin(), host_.stepEnds.end(), start);
    const std::int64_t stepEnd =
        border != host_.stepEnds.end() && *border <= end ? *border : INT64_MIN;
    if (stepEnd > start && stepEnd < end) borders.push_back(stepEnd);
    std::sort(borders.begin(), borders.end());
    for (std::size_t i = 0; i + 1 < borders.size(); ++i) {
      stopPoint(i);
      const std::int64_t at = borders[i];
      IdleCause cause = IdleCause::kLaunchBound;
      if (host_.allocation.contains(at))
        cause = IdleCause::kAllocation;
      else if (host_.copy.contains(at))
        cause = IdleCause::kBlockingCopy;
      else if (host_.input.contains(at))
        cause = IdleCause::kInputPipeline;
      else if (host_.sync.contains(at))
        cause = IdleCause::kAfterSync;
      else if (at < stepEnd || last)
        cause = IdleCause::kTail;
      else if (at >= synced)
        cause = IdleCause::kAfterSync;
      else if (host_.silence.contains(at))
        cause = IdleCause::kUnknown;
      add(at, borders[i + 1], cause);
    }
  }

  const HostStates &host_;
  const DeviceView &device_;
  DeviceIdle result_;
};

HostWaiting hostWaiting(const HostStates &host, const std::vector<WaitingCall> &calls,
                        std::int64_t start, std::int64_t end) {
  HostWaiting result;
  std::int64_t from = start; // calls inside of calls count once
  for (const WaitingCall &call : calls) {
    const std::int64_t begin = std::max(call.start, from);
    const std::int64_t finish = std::min(call.end, end);
    if (finish <= begin) continue;
    from = finish;
    result.total += finish - begin;
    std::vector<std::int64_t> borders{begin, finish};
    for (const TimeSet *set : {&host.kernels, &host.copies, &host.collectives})
      set->addBorders(begin, finish, borders);
    std::sort(borders.begin(), borders.end());
    for (std::size_t i = 0; i + 1 < borders.size(); ++i) {
      stopPoint(i);
      HostWait wait = HostWait::kNothing;
      if (call.memory)
        wait = HostWait::kMemory;
      else if (host.kernels.contains(borders[i]))
        wait = HostWait::kKernels;
      else if (host.collectives.contains(borders[i]))
        wait = HostWait::kCollectives;
      else if (host.copies.contains(borders[i]))
        wait = HostWait::kCopies;
      result.byWait[static_cast<std::size_t>(wait)] += borders[i + 1] - borders[i];
    }
  }
  return result;
}

} // namespace

} // namespace timeline

namespace {

IdleAccount wholeAccount(const TraceView &trace, const Steps &steps) {
  IdleAccount account;
  const std::int64_t start = steps.all[steps.steady.front()].start.count;
  const std::int64_t end = steps.all[steps.steady.back()].end.count;
  account.steps = static_cast<std::uint32_t>(steps.steady.size());
  const timeline::IdleInput input = timeline::readIdleInput(trace, steps, start, end);
  for (const timeline::DeviceView &device : input.devices) {
    account.devices.push_back(timeline::Accountant(input.host, device).account(start, end));
    account.devices.back().device = device.id;
  }
  for (const auto &[thread, calls] : input.waiting) {
    HostWaiting waiting = timeline::hostWaiting(input.host, calls, start, end);
    waiting.thread = thread;
    if (waiting.total > 0) account.threads.push_back(waiting);
  }
  return account;
}

} // namespace

IdleAccount accountIdle(const TraceView &trace, const Steps &steps, const std::stop_token &stop) {
  IdleAccount account;
  if (!steps.whyNone.empty() || steps.steady.empty()) return account;
  runUntilStopped(stop, [&] { account = wholeAccount(trace, steps); });
  return account;
}

} // namespace hotloop
