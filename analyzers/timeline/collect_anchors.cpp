#include <algorithm>
#include <numeric>
#include <tuple>

#include "analyzers/steps/lanes.h"
#include "analyzers/timeline/timeline_parts.h"
#include "core/base/stop.h"
#include "core/trace/copy_kinds.h"

namespace hotloop::timeline {

namespace {

struct RawAnchor {
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::uint16_t thread = 0;
  ApiKind kind = ApiKind::kOther;
  std::uint32_t correlation = 0;
  std::uint32_t api = kNoIndex; // kNoIndex: the border of a step
  std::uint32_t work = 0;       // pieces of device work

  auto key() const { return std::tie(start, end, thread, correlation, kind); }
};

struct RawWork {
  std::uint32_t anchor = 0; // index of the raw one
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::uint16_t stream = 0;
  DeviceWorkKind kind = DeviceWorkKind::kKernel;
  bool pageable = false;
  std::uint32_t row = 0;

  auto key() const { return std::tie(anchor, start, stream, end, kind, row); }
};

std::vector<RawAnchor> candidates(BuildState &state) {
  std::vector<RawAnchor> raw;
  const auto &apis = state.trace->apis;
  for (const Window &window : state.windows) {
    auto row = static_cast<std::uint32_t>(
        std::lower_bound(apis.start.begin(), apis.start.end(), Nanoseconds(window.start)) -
        apis.start.begin());
    for (; row < apis.start.size() && apis.start[row].count < window.end; ++row) {
      stopPoint(row);
      const ApiKind kind = state.kinds.of(apis.name[row]);
      if (kind == ApiKind::kOther || !state.inProcess(apis.lane[row])) continue;
      raw.push_back({apis.start[row].count, endOf(apis.start[row], apis.duration[row]).count,
                     state.thread(apis.lane[row]), kind, apis.correlation[row], row, 0});
    }
    for (const std::int64_t border : state.borders)
      if (border >= window.start && border <= window.end)
        raw.push_back({border, border, state.thread(state.steps.lane), ApiKind::kOther});
  }
  std::sort(raw.begin(), raw.end(),
            [](const RawAnchor &a, const RawAnchor &b) { return a.key() < b.key(); });
  return raw;
}

class WorkCollector {
public:
  WorkCollector(BuildState &state, std::vector<RawAnchor> &anchors)
      : state_(state), anchors_(anchors) {
    for (std::uint32_t i = 0; i < anchors.size(); ++i)
      if (anchors[i].api != kNoIndex && anchors[i].correlation != 0)
        state.anchorOf.emplace(anchors[i].correlation, i);
  }

  template <class Columns>
  void add(const Columns &rows, DeviceWorkKind kind, auto &&collective, auto &&pageable) {
    for (std::uint32_t i = 0; i < rows.start.size(); ++i) {
      stopPoint(i);
      const auto found = state_.anchorOf.find(rows.correlation[i]);
      if (found == state_.anchorOf.end()) continue;
      const ProcessId process = processOfStream(rows.lane[i]);
      if (process && state_.steps.process && process != state_.steps.process) continue;
      const RawAnchor &anchor = anchors_[found->second];
      if (anchor.kind != ApiKind::kWork && anchor.kind != ApiKind::kBlockingCopy &&
          anchor.kind != ApiKind::kGraphLaunch)
        continue;
      ++anchors_[found->second].work;
      work.push_back({found->second, rows.start[i].count,
                      endOf(rows.start[i], rows.duration[i]).count, state_.stream(rows.lane[i]),
                      collective(i) ? DeviceWorkKind::kCollective : kind, pageable(i), i});
    }
  }

  std::vector<RawWork> work;

private:
  ProcessId processOfStream(StreamId stream) const {
    const auto &processes = state_.trace->streams.process;
    return stream.value >= 1 && stream.value <= processes.size() ? processes[stream.value - 1]
                                                                 : ProcessId();
  }

  BuildState &state_;
  std::vector<RawAnchor> &anchors_;
};

bool saysPageable(const TraceView &trace, std::uint32_t row) {
  const auto &copies = trace->memcpys;
  return copies.sourceKind[row] == kPageableMemory ||
         copies.destinationKind[row] == kPageableMemory;
}

AnchorKind anchorKind(const RawAnchor &raw, bool pageable) {
  switch (raw.kind) {
  case ApiKind::kGraphLaunch: return AnchorKind::kGraphLaunch;
  case ApiKind::kFree: return AnchorKind::kFree;
  case ApiKind::kAllocate: return AnchorKind::kAllocate;
  case ApiKind::kEventRecord: return AnchorKind::kEventRecord;
  case ApiKind::kStreamWait: return AnchorKind::kStreamWait;
  case ApiKind::kBlockingCopy: return AnchorKind::kPageable;
  case ApiKind::kWork: return pageable ? AnchorKind::kPageable : AnchorKind::kLaunch;
  case ApiKind::kSyncDevice:
  case ApiKind::kSyncStream:
  case ApiKind::kSyncEvent: return AnchorKind::kSync;
  case ApiKind::kUnknown:
  case ApiKind::kOther: break;
  }
  return AnchorKind::kStep;
}

// Events matter where streams wait for them or the host does.
bool eventsMatter(const BuildState &state, const std::vector<RawAnchor> &raw) {
  return state.result.streams.size() > 1 || std::any_of(raw.begin(), raw.end(), [](auto &anchor) {
           return anchor.kind == ApiKind::kSyncEvent;
         });
}

void append(BuildState &state, const RawAnchor &raw, AnchorKind kind, std::uint32_t workBegin) {
  Anchors &anchors = state.result.anchors;
  anchors.start.push_back(raw.start);
  anchors.end.push_back(raw.end);
  anchors.kind.push_back(kind);
  anchors.thread.push_back(raw.thread);
  const auto after = std::upper_bound(state.borders.begin(), state.borders.end() - 1, raw.start);
  anchors.step.push_back(after == state.borders.begin()
                             ? kNoIndex
                             : static_cast<std::uint32_t>(after - state.borders.begin() - 1));
  anchors.api.push_back(raw.api);
  anchors.workBegin.push_back(workBegin);
  state.apiKind.push_back(raw.kind);
  state.correlation.push_back(raw.correlation);
}

// Template steps as ranges of anchors between their borders.
void findTemplate(BuildState &state) {
  const Anchors &anchors = state.result.anchors;
  std::vector<std::uint32_t> borderAnchor;
  for (std::uint32_t i = 0; i < anchors.size(); ++i)
    if (anchors.kind[i] == AnchorKind::kStep) borderAnchor.push_back(i);
  for (const std::uint32_t step : state.chosen) {
    const auto at = [&](std::int64_t time) {
      const auto found = std::lower_bound(
          borderAnchor.begin(), borderAnchor.end(), time,
          [&](std::uint32_t anchor, std::int64_t t) { return anchors.start[anchor] < t; });
      return found != borderAnchor.end() && anchors.start[*found] == time ? *found : kNoIndex;
    };
    const std::uint32_t first = at(state.borders[step]);
    const std::uint32_t last = at(state.borders[step + 1]);
    if (first != kNoIndex && last != kNoIndex && first < last)
      state.result.steps.push_back({step, first, last});
  }
}

} // namespace

void collectAnchors(BuildState &state) {
  const TraceView &trace = state.trace;
  std::vector<RawAnchor> raw = candidates(state);
  WorkCollector collector(state, raw);
  const auto no = [](std::uint32_t) { return false; };
  std::vector<std::uint8_t> collectiveName(trace->strings.size(), 2); // 2: not looked at yet
  const auto &kernels = trace->kernels;
  collector.add(
      kernels, DeviceWorkKind::kKernel,
      [&](std::uint32_t i) {
        const std::uint32_t name = kernels.name[i].value;
        if (name >= collectiveName.size()) return false;
        if (collectiveName[name] == 2)
          collectiveName[name] = isCollective(trace.text(kernels.name[i])) ? 1 : 0;
        return collectiveName[name] == 1;
      },
      no);
  collector.add(trace->memcpys, DeviceWorkKind::kCopy, no,
                [&](std::uint32_t i) { return saysPageable(trace, i); });
  collector.add(trace->memsets, DeviceWorkKind::kFill, no, no);
  std::vector<RawWork> &work = collector.work;
  std::sort(work.begin(), work.end(),
            [](const RawWork &a, const RawWork &b) { return a.key() < b.key(); });

  const bool events = eventsMatter(state, raw);
  DeviceWork &result = state.result.work;
  state.anchorOf.clear();
  std::size_t next = 0;
  for (std::uint32_t i = 0; i < raw.size(); ++i) {
    stopPoint(i);
    const std::size_t begin = next;
    bool pageable = false;
    for (; next < work.size() && work[next].anchor == i; ++next)
      pageable = pageable || work[next].pageable;
    const bool wantsWork = raw[i].kind == ApiKind::kWork || raw[i].kind == ApiKind::kBlockingCopy ||
                           raw[i].kind == ApiKind::kGraphLaunch;
    if (wantsWork && begin == next) continue;
    const AnchorKind kind = anchorKind(raw[i], pageable);
    if (!events && (kind == AnchorKind::kEventRecord || kind == AnchorKind::kStreamWait)) continue;
    const auto anchor = static_cast<std::uint32_t>(state.result.anchors.size());
    append(state, raw[i], kind, static_cast<std::uint32_t>(result.size()));
    if (raw[i].correlation != 0) state.anchorOf.emplace(raw[i].correlation, anchor);
    for (std::size_t k = begin; k < next; ++k) {
      result.start.push_back(work[k].start);
      result.end.push_back(work[k].end);
      result.kind.push_back(work[k].kind);
      result.stream.push_back(work[k].stream);
      result.anchor.push_back(anchor);
      result.row.push_back(work[k].row);
    }
  }
  state.result.anchors.workBegin.push_back(static_cast<std::uint32_t>(result.size()));
  findTemplate(state);
  if (state.result.steps.empty() || result.size() == 0)
    state.result.whyNone = "No device work of the steady steps could be tied to the calls that "
                           "started it (their correlation ids are missing or differ), so there is "
                           "nothing to replay; record the program again.";
}

} // namespace hotloop::timeline
