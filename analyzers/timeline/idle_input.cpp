#include <algorithm>
#include <unordered_map>

#include "analyzers/steps/lanes.h"
#include "analyzers/timeline/api_kinds.h"
#include "analyzers/timeline/idle_parts.h"
#include "core/base/stop.h"

namespace hotloop::timeline {

namespace {

constexpr std::int64_t kSilence = 500'000; // host time without a record: not known what it is
constexpr std::int64_t kEndsTogether = 15'000;

bool isInput(std::string_view name) {
  return name.find("DataLoader") != name.npos || name.find("dataloader") != name.npos ||
         name.find("data_loader") != name.npos;
}

struct Reader {
  const TraceView &trace;
  const Steps &steps;
  std::int64_t start, end;
  ApiKinds kinds;
  IdleInput input;
  std::unordered_map<std::uint32_t, std::int64_t> launchEnd; // by correlation
  std::vector<std::int64_t> waitCalls;                       // starts of cudaStreamWaitEvent

  bool inProcess(ThreadId lane) const {
    const ProcessId process = processOf(trace, lane);
    return !process || !steps.process || process == steps.process;
  }

  void readCalls(std::vector<TimeStretch> &active) {
    std::vector<TimeStretch> allocation, copy, sync;
    std::map<ThreadId, std::vector<WaitingCall>> waiting;
    // The host of a call that a copy belongs to decides whether it was a blocking one.
    std::unordered_map<std::uint32_t, bool> pageable;
    const auto &copies = trace->memcpys;
    for (std::size_t i = 0; i < copies.start.size(); ++i)
      if (copies.sourceKind[i] == 1 || copies.destinationKind[i] == 1)
        pageable.emplace(copies.correlation[i], true);
    const auto &apis = trace->apis;
    for (std::size_t i = 0; i < apis.start.size() && apis.start[i].count < end; ++i) {
      stopPoint(i);
      if (!inProcess(apis.lane[i])) continue;
      const TimeStretch call{apis.start[i].count, endOf(apis.start[i], apis.duration[i]).count};
      const ApiKind kind = kinds.of(apis.name[i]);
      active.push_back(call);
      if (kind == ApiKind::kStreamWait) waitCalls.push_back(call.start);
      const bool starts =
          kind == ApiKind::kWork || kind == ApiKind::kBlockingCopy || kind == ApiKind::kGraphLaunch;
      if (starts && apis.correlation[i] != 0)
        launchEnd.insert_or_assign(apis.correlation[i], call.end);
      if (call.end <= start) continue;
      if (kind == ApiKind::kAllocate || kind == ApiKind::kFree) {
        allocation.push_back(call);
        waiting[apis.lane[i]].push_back({call.start, call.end, true});
      } else if (isSync(kind)) {
        sync.push_back(call);
        input.host.syncEnds.push_back(call.end);
        waiting[apis.lane[i]].push_back({call.start, call.end, false});
      } else if (kind == ApiKind::kBlockingCopy ||
                 (kind == ApiKind::kWork && pageable.contains(apis.correlation[i]))) {
        copy.push_back(call);
        waiting[apis.lane[i]].push_back({call.start, call.end, false});
      }
    }
    input.host.allocation = TimeSet(std::move(allocation));
    input.host.copy = TimeSet(std::move(copy));
    input.host.sync = TimeSet(std::move(sync));
    std::sort(input.host.syncEnds.begin(), input.host.syncEnds.end());
    std::sort(waitCalls.begin(), waitCalls.end());
    input.waiting.assign(waiting.begin(), waiting.end());
  }

  void readOps(std::vector<TimeStretch> &active) {
    std::vector<TimeStretch> loading;
    std::vector<std::uint8_t> inputName(trace->strings.size(), 2); // 2: not looked at yet
    const auto read = [&](const auto &rows, auto &&isActive) {
      for (std::size_t i = 0; i < rows.start.size() && rows.start[i].count < end; ++i) {
        stopPoint(i);
        if (!inProcess(rows.lane[i])) continue;
        const TimeStretch event{rows.start[i].count, endOf(rows.start[i], rows.duration[i]).count};
        if (isActive(i)) active.push_back(event);
        const std::uint32_t name = rows.name[i].value;
        if (name >= inputName.size()) continue;
        if (inputName[name] == 2) inputName[name] = isInput(trace.text(rows.name[i])) ? 1 : 0;
        // Worker threads load beside the loop; only the loop's own thread waits for them.
        if (inputName[name] == 1 && (!steps.lane || rows.lane[i] == steps.lane))
          loading.push_back(event);
      }
    };
    read(trace->ops, [&](std::size_t i) {
      return trace->ops.scope[i] != OpScope::kUserScope && trace->ops.scope[i] != OpScope::kOther;
    });
    read(trace->ranges, [](std::size_t) { return false; });
    input.host.input = TimeSet(std::move(loading));
  }

  DeviceView *viewOf(StreamId stream) {
    const auto &streams = trace->streams;
    DeviceId device;
    if (stream.value >= 1 && stream.value <= streams.device.size()) {
      const ProcessId process = streams.process[stream.value - 1];
      if (process && steps.process && process != steps.process) return nullptr;
      device = streams.device[stream.value - 1];
    }
    for (DeviceView &view : input.devices)
      if (view.id == device) return &view;
    input.devices.emplace_back().id = device;
    return &input.devices.back();
  }

  void readDevices() {
    std::vector<TimeStretch> kernels, copies, collectives;
    std::map<DeviceId, std::vector<TimeStretch>> communication;
    std::vector<std::uint8_t> collectiveName(trace->strings.size(), 2);
    const auto read = [&](const auto &rows, std::vector<TimeStretch> &kind, bool mayCommunicate) {
      for (std::size_t i = 0; i < rows.start.size() && rows.start[i].count < end; ++i) {
        stopPoint(i);
        DeviceView *view = viewOf(rows.lane[i]);
        if (view == nullptr) continue;
        const TimeStretch work{rows.start[i].count, endOf(rows.start[i], rows.duration[i]).count};
        const auto launch = launchEnd.find(rows.correlation[i]);
        view->works.push_back({work.start, work.end,
                               launch == launchEnd.end() ? DevicePiece::kNoLaunch : launch->second,
                               false});
        const std::uint32_t name = rows.name[i].value;
        if (mayCommunicate && name < collectiveName.size()) {
          if (collectiveName[name] == 2)
            collectiveName[name] = isCollective(trace.text(rows.name[i])) ? 1 : 0;
          if (collectiveName[name] == 1) {
            communication[view->id].push_back(work);
            collectives.push_back(work);
            continue;
          }
        }
        view->busy.push_back(work);
        kind.push_back(work);
      }
    };
    read(trace->kernels, kernels, true);
    read(trace->memcpys, copies, false);
    read(trace->memsets, kernels, false);
    for (DeviceView &view : input.devices) view.collectives = TimeSet(communication[view.id]);
    input.host.kernels = TimeSet(std::move(kernels));
    input.host.copies = TimeSet(std::move(copies));
    input.host.collectives = TimeSet(std::move(collectives));
    findWaits();
    std::sort(input.devices.begin(), input.devices.end(),
              [](const DeviceView &a, const DeviceView &b) { return a.id < b.id; });
  }

  // Work that began when other work ended, or behind a call that makes its stream wait.
  void findWaits() {
    std::vector<std::int64_t> ends;
    for (const DeviceView &view : input.devices)
      for (const DevicePiece &work : view.works) ends.push_back(work.end);
    std::sort(ends.begin(), ends.end(), stoppable(std::less<>()));
    for (DeviceView &view : input.devices) {
      std::sort(view.works.begin(), view.works.end(),
                stoppable([](const DevicePiece &a, const DevicePiece &b) {
                  return std::pair(a.start, a.end) < std::pair(b.start, b.end);
                }));
      std::size_t looked = 0;
      for (DevicePiece &work : view.works) {
        stopPoint(looked++);
        if (work.launchEnd == DevicePiece::kNoLaunch) continue;
        const auto other = std::lower_bound(ends.begin(), ends.end(), work.start - kEndsTogether);
        const auto wait =
            std::lower_bound(waitCalls.begin(), waitCalls.end(), work.launchEnd - 1'000'000);
        work.waits = (other != ends.end() && *other <= work.start) ||
                     (wait != waitCalls.end() && *wait <= work.launchEnd);
      }
    }
  }
};

} // namespace

IdleInput readIdleInput(const TraceView &trace, const Steps &steps, std::int64_t start,
                        std::int64_t end) {
  Reader reader{trace, steps, start, end, ApiKinds(trace), {}, {}, {}};
  std::vector<TimeStretch> active;
  reader.readCalls(active);
  reader.readOps(active);
  reader.readDevices();
  std::vector<TimeStretch> silence = TimeSet(std::move(active)).complement(start, end);
  std::erase_if(silence, [](const TimeStretch &s) { return s.end - s.start < kSilence; });
  reader.input.host.silence = TimeSet(std::move(silence));
  for (const std::uint32_t step : steps.steady)
    reader.input.host.stepEnds.push_back(steps.all[step].end.count);
  return std::move(reader.input);
}

} // namespace hotloop::timeline
