#include "analyzers/timeline/program.h"

#include <algorithm>
#include <cmath>

namespace hotloop::timeline {

namespace {

constexpr std::uint16_t kNoStream = 0xFFFF;
constexpr std::int64_t kAtOnce = 10'000; // follows what held it up

struct Stretch {
  std::int64_t start = 0;
  std::int64_t end = 0;
};

// Cuts as seen from a thread: its own and those of threads that it takes turns with.
std::vector<std::vector<Stretch>> mergedCuts(const Timeline &timeline, const Edit &edit) {
  std::vector<std::vector<Stretch>> cuts(timeline.threads.size());
  for (std::size_t thread = 0; thread < cuts.size(); ++thread) {
    std::vector<Stretch> all;
    for (const HostCut &cut : edit.cuts)
      if (cut.thread < cuts.size() && timeline.alternates[thread][cut.thread] != 0 &&
          cut.end > cut.start)
        all.push_back({cut.start, cut.end});
    std::sort(all.begin(), all.end(), [](const Stretch &a, const Stretch &b) {
      return std::pair(a.start, a.end) < std::pair(b.start, b.end);
    });
    for (const Stretch &stretch : all) {
      if (!cuts[thread].empty() && stretch.start <= cuts[thread].back().end)
        cuts[thread].back().end = std::max(cuts[thread].back().end, stretch.end);
      else
        cuts[thread].push_back(stretch);
    }
  }
  return cuts;
}

std::int64_t overlap(const std::vector<Stretch> &cuts, std::int64_t start, std::int64_t end) {
  auto cut = std::upper_bound(cuts.begin(), cuts.end(), start,
                              [](std::int64_t time, const Stretch &s) { return time < s.end; });
  std::int64_t sum = 0;
  for (; cut != cuts.end() && cut->start < end; ++cut)
    sum += std::max<std::int64_t>(0, std::min(end, cut->end) - std::max(start, cut->start));
  return sum;
}

class Compiler {
public:
  Compiler(const Timeline &timeline, const Calibration &calibration, const Edit *edit)
      : timeline_(timeline), calibration_(calibration), edit_(edit ? *edit : kNothing),
        anchors_(timeline.anchors), work_(timeline.work) {
    const std::size_t anchors = anchors_.size();
    flags_.assign(anchors, 0);
    if (!edit_.cuts.empty()) cuts_ = mergedCuts(timeline, edit_);
    mark(edit_.drop, kDropped);
    mark(edit_.unblock, kUnblocked);
    mark(edit_.deferred, kDeferred);
    spread(edit_.duration, callTime_);
    spread(edit_.gap, gapTime_);
    if (!edit_.addedHost.empty()) added_.assign(anchors, 0);
    for (const auto &[anchor, time] : edit_.addedHost)
      if (anchor < anchors) added_[anchor] += time;
    if (!edit_.addedFixed.empty()) addedFixed_.assign(anchors, 0);
    for (const auto &[anchor, time] : edit_.addedFixed)
      if (anchor < anchors) addedFixed_[anchor] += time;
    workTime_.reserve(work_.size());
    for (std::size_t k = 0; k < work_.size(); ++k)
      workTime_.push_back(static_cast<double>(work_.end[k] - work_.start[k]));
    shareCollectives();
    for (const auto &[k, time] : edit_.workDuration)
      if (k < workTime_.size()) workTime_[k] = std::max(0.0, time);
    workStream_ = work_.stream;
    for (const auto &[k, stream] : edit_.workStream)
      if (k < workStream_.size())
        workStream_[k] =
            std::min<std::uint16_t>(stream, static_cast<std::uint16_t>(timeline.streams.size()));
    findGraphs();
    findEvents();
  }

  Program run() {
    describe();
    for (const TemplateStep &step : timeline_.steps) {
      result_.stepBegin.push_back(static_cast<std::uint32_t>(result_.size()));
      for (std::uint32_t i = step.first + 1; i <= step.last; ++i) add(i, step);
      ++stepNumber_;
    }
    result_.stepBegin.push_back(static_cast<std::uint32_t>(result_.size()));
    result_.workBegin.push_back(static_cast<std::uint32_t>(result_.workTime.size()));
    return std::move(result_);
  }

private:
  static constexpr std::uint8_t kDropped = 1, kUnblocked = 2, kDeferred = 4, kInGraph = 8;
  inline static const Edit kNothing{};

  void mark(const std::vector<std::uint32_t> &list, std::uint8_t flag) {
    for (const std::uint32_t anchor : list)
      if (anchor < flags_.size()) flags_[anchor] |= flag;
  }
  void spread(const std::vector<std::pair<std::uint32_t, double>> &list, std::vector<double> &to) {
    if (list.empty()) return;
    to.assign(anchors_.size(), -1);
    for (const auto &[anchor, time] : list)
      if (anchor < to.size()) to[anchor] = std::max(0.0, time);
  }

  // Members of a collective end together: its own time is that of the one that came last.
  void shareCollectives() {
    std::vector<double> shortest(timeline_.collectives, 1e300);
    for (std::size_t k = 0; k < work_.size(); ++k)
      if (work_.collective[k] != kNoIndex)
        shortest[work_.collective[k]] = std::min(shortest[work_.collective[k]], workTime_[k]);
    for (std::size_t k = 0; k < work_.size(); ++k)
      if (work_.collective[k] != kNoIndex) workTime_[k] = shortest[work_.collective[k]];
  }

  void findGraphs() {
    if (edit_.graphs.empty()) return;
    graphEnd_.assign(anchors_.size(), 0);
    for (const auto &[first, last] : edit_.graphs) {
      if (first >= last || last > anchors_.size()) continue;
      graphEnd_[first] = last;
      for (std::uint32_t i = first + 1; i < last; ++i)
        if (anchors_.kind[i] != AnchorKind::kStep) flags_[i] |= kInGraph;
    }
  }

  // Events of inferred waits come behind those of the program; one per step for deferred waits.
  void findEvents() {
    event_ = timeline_.events;
    workEvent_.assign(work_.size(), kNoIndex);
    for (const auto &[event, work] : timeline_.workEvents) workEvent_[work] = event;
    for (std::size_t k = 0; k < work_.size(); ++k)
      if (work_.inferred[k] != kNoIndex && workEvent_[work_.inferred[k]] == kNoIndex)
        workEvent_[work_.inferred[k]] = event_++;
    deferEvent_ = event_;
  }

  void describe() {
    result_.streams = static_cast<std::uint32_t>(timeline_.streams.size()) + 1;
    result_.deviceOfStream = timeline_.deviceOfStream;
    result_.deviceOfStream.push_back(0);
    result_.devices = static_cast<std::uint32_t>(timeline_.devices.size());
    result_.threads = static_cast<std::uint32_t>(timeline_.threads.size());
    result_.collectives = timeline_.collectives;
    result_.events = deferEvent_ + static_cast<std::uint32_t>(timeline_.steps.size());
    programIndex_.assign(anchors_.size(), kNoIndex);
    const std::uint16_t stepping =
        timeline_.steps.empty() ? 0 : anchors_.thread[timeline_.steps.front().last];
    for (std::size_t t = 0; t < timeline_.threads.size(); ++t)
      result_.beside.push_back(timeline_.alternates[stepping][t] == 0);
    findBusy();
  }

  // Until when the stream of each pageable copy was busy when the copy was asked for, by whatever
  // came before it, the work of steps outside of the template included.
  void findBusy() {
    busyUntil_.assign(anchors_.size(), INT64_MIN);
    std::vector<std::int64_t> lastEnd(timeline_.streams.size(), INT64_MIN);
    for (std::uint32_t i = 0; i < anchors_.size(); ++i)
      for (std::uint32_t k = anchors_.workBegin[i]; k < anchors_.workBegin[i + 1]; ++k) {
        std::int64_t &last = lastEnd[work_.stream[k]];
        if (k == anchors_.workBegin[i]) busyUntil_[i] = last;
        last = std::max(last, work_.end[k]);
      }
  }

  // Threads beside the loop are paced by it: each step they begin as long after its border as they
  // did in the record.
  bool beginsBeside(std::uint32_t i, const TemplateStep &step) const {
    const std::uint32_t before = anchors_.predecessor[i];
    return result_.beside[anchors_.thread[i]] != 0 && (before == kNoIndex || before < step.first);
  }

  std::uint32_t predecessor(std::uint32_t i, const TemplateStep &step) const {
    if (beginsBeside(i, step))
      return result_.stepBegin.back() == 0 ? kCarry : result_.stepBegin.back() - 1;
    const std::uint32_t before = anchors_.predecessor[i];
    return before == kNoIndex || programIndex_[before] == kNoIndex ? kCarry : programIndex_[before];
  }

  struct HostTime {
    double gapFixed = 0, gapScaled = 0, callFixed = 0, callScaled = 0;
    bool dropped = false;
  };

  bool isCut(std::uint32_t i) const {
    if (cuts_.empty() || anchors_.kind[i] == AnchorKind::kStep) return false;
    const std::int64_t length = std::max<std::int64_t>(anchors_.end[i] - anchors_.start[i], 10);
    return 2 * overlap(cuts_[anchors_.thread[i]], anchors_.start[i], anchors_.start[i] + length) >
           length;
  }

  HostTime hostTime(std::uint32_t i, const TemplateStep &step) {
    HostTime time;
    double gap = static_cast<double>(timeline_.gap(i));
    if (beginsBeside(i, step))
      gap = static_cast<double>(
          std::max<std::int64_t>(0, anchors_.start[i] - anchors_.start[step.first]));
    double records = anchors_.records[i];
    time.dropped = (flags_[i] & kDropped) != 0;
    if (!cuts_.empty()) {
      const auto &cuts = cuts_[anchors_.thread[i]];
      const std::int64_t gapStart = anchors_.start[i] - static_cast<std::int64_t>(gap);
      const auto cut = static_cast<double>(overlap(cuts, gapStart, anchors_.start[i]));
      if (cut > 0) {
        records *= std::max(0.0, 1 - cut / gap);
        gap -= cut;
      }
      time.dropped = time.dropped || isCut(i);
    }
    if (!gapTime_.empty() && gapTime_[i] >= 0) {
      gap = gapTime_[i];
      records = 0;
    }
    if ((flags_[i] & kInGraph) != 0) gap = 0;
    time.gapScaled = std::min(gap, calibration_.scaledPerRecord * (records + 1));
    time.gapFixed = gap - time.gapScaled;
    if (!added_.empty()) time.gapScaled += added_[i];
    if (!addedFixed_.empty()) time.gapFixed += addedFixed_[i];
    return time;
  }

  void callTime(std::uint32_t i, HostTime &time) {
    const AnchorKind kind = anchors_.kind[i];
    auto length = static_cast<double>(anchors_.end[i] - anchors_.start[i]);
    if (anchors_.waited[i] != 0)
      length = kind == AnchorKind::kFree ? static_cast<double>(anchors_.end[i] - anchors_.waited[i])
                                         : calibration_.syncCall;
    // The wait for room in the queue is replayed, not kept.
    if (timeline_.held[i] != 0) length = std::min(length, calibration_.launchCall);
    length = std::max(0.0, length);
    if (!callTime_.empty() && callTime_[i] >= 0) {
      time.callFixed = callTime_[i];
    } else {
      // The copy itself, or the driver and the system: no record slows them.
      const bool isSteady = (kind == AnchorKind::kPageable && (flags_[i] & kUnblocked) == 0) ||
                            kind == AnchorKind::kAllocate || kind == AnchorKind::kFree;
      (isSteady && !calibration_.wholeHost ? time.callFixed : time.callScaled) = length;
    }
  }

  void add(std::uint32_t i, const TemplateStep &step) {
    HostTime time = hostTime(i, step);
    const bool inGraph = (flags_[i] & kInGraph) != 0;
    if (!time.dropped && !inGraph) callTime(i, time);
    const bool leadsGraph = !graphEnd_.empty() && graphEnd_[i] != 0;
    programIndex_[i] = static_cast<std::uint32_t>(result_.size());
    result_.predecessor.push_back(predecessor(i, step));
    result_.thread.push_back(anchors_.thread[i]);
    result_.workBegin.push_back(static_cast<std::uint32_t>(result_.workTime.size()));
    ReplayOp op = ReplayOp::kHost;
    std::uint32_t argument = kNoIndex;
    std::uint16_t stream = kNoStream;
    if (leadsGraph) {
      op = ReplayOp::kGraph;
      for (std::uint32_t m = i; m < graphEnd_[i]; ++m)
        if ((flags_[m] & kDropped) == 0 && !isCut(m)) addWork(m, true);
      const auto nodes = static_cast<double>(result_.workTime.size() - result_.workBegin.back());
      time.callScaled = 0;
      const bool given = !callTime_.empty() && callTime_[i] >= 0;
      time.callFixed = given ? callTime_[i] : graphCall(nodes);
    } else if (!time.dropped && !inGraph) {
      op = replayOp(i, argument, stream);
      addWork(i, false);
    }
    if (anchors_.kind[i] == AnchorKind::kStep && !edit_.deferred.empty()) {
      op = ReplayOp::kStepWait;
      argument = deferEvent_ + stepNumber_;
    }
    if (op == ReplayOp::kPageable) {
      argument = static_cast<std::uint32_t>(result_.pageable.size());
      addPageable(i, time);
    }
    result_.op.push_back(op);
    result_.argument.push_back(argument);
    result_.stream.push_back(stream);
    result_.gapFixed.push_back(static_cast<float>(time.gapFixed));
    result_.gapScaled.push_back(static_cast<float>(time.gapScaled));
    result_.callFixed.push_back(static_cast<float>(time.callFixed));
    result_.callScaled.push_back(static_cast<float>(time.callScaled));
  }

  ReplayOp replayOp(std::uint32_t i, std::uint32_t &argument, std::uint16_t &stream) const {
    argument = anchors_.targetIndex[i];
    stream = timeline_.recordStream[i];
    const bool free = (flags_[i] & kUnblocked) != 0;
    switch (anchors_.kind[i]) {
    case AnchorKind::kLaunch: return ReplayOp::kLaunch;
    case AnchorKind::kPageable: return free ? ReplayOp::kLaunch : ReplayOp::kPageable;
    case AnchorKind::kGraphLaunch: return ReplayOp::kGraph;
    case AnchorKind::kFree: return free ? ReplayOp::kHost : ReplayOp::kFree;
    case AnchorKind::kEventRecord:
      return argument == kNoIndex || stream == kNoStream ? ReplayOp::kHost : ReplayOp::kRecord;
    case AnchorKind::kStreamWait:
      return free || argument == kNoIndex || stream == kNoStream ? ReplayOp::kHost
                                                                 : ReplayOp::kWait;
    case AnchorKind::kSync:
      if (free) return ReplayOp::kHost;
      if ((flags_[i] & kDeferred) != 0) {
        if (anchors_.target[i] == WaitTarget::kStream && argument != kNoIndex)
          stream = static_cast<std::uint16_t>(argument);
        argument = deferEvent_ + stepNumber_;
        return ReplayOp::kDefer;
      }
      switch (anchors_.target[i]) {
      case WaitTarget::kDevice: return ReplayOp::kSyncDevice;
      case WaitTarget::kStream:
        return argument == kNoIndex ? ReplayOp::kHost : ReplayOp::kSyncStream;
      case WaitTarget::kEvent: return argument == kNoIndex ? ReplayOp::kHost : ReplayOp::kSyncEvent;
      }
      return ReplayOp::kHost;
    case AnchorKind::kAllocate:
    case AnchorKind::kStep: break;
    }
    return ReplayOp::kHost;
  }

  void addWork(std::uint32_t i, bool inGraph) {
    for (std::uint32_t k = anchors_.workBegin[i]; k < anchors_.workBegin[i + 1]; ++k) {
      result_.workTime.push_back(static_cast<float>(workTime_[k] * calibration_.deviceScale));
      result_.workKind.push_back(static_cast<std::uint8_t>(work_.kind[k]));
      result_.workStream.push_back(workStream_[k]);
      const std::uint32_t producer = work_.inferred[k];
      result_.workAwaits.push_back(producer == kNoIndex ? kNoIndex : workEvent_[producer]);
      result_.workEvent.push_back(workEvent_[k]);
      result_.workCollective.push_back(work_.collective[k]);
      result_.workLate.push_back(inGraph ? 0.0f : static_cast<float>(work_.late[k]));
    }
  }

  // A copy that found its stream busy began late; that wait is replayed, not kept.
  void addPageable(std::uint32_t i, HostTime &time) {
    const std::uint32_t k = anchors_.workBegin[i];
    auto toDevice = static_cast<double>(work_.start[k] - anchors_.start[i]);
    const auto toReturn = static_cast<double>(anchors_.end[i] - work_.start[k]);
    // One that began long after its stream was free was held up by the host's own copying.
    if (busyUntil_[i] > anchors_.start[i] && work_.start[k] - busyUntil_[i] < kAtOnce) {
      const double prompt = calibration_.launchCall +
                            calibration_.launch[static_cast<std::size_t>(DeviceWorkKind::kCopy)];
      toDevice = std::min(toDevice, prompt);
      time.callFixed = std::max(0.0, std::min(time.callFixed, toDevice + toReturn));
    }
    result_.pageable.push_back({static_cast<float>(toDevice), static_cast<float>(toReturn)});
  }

  const Timeline &timeline_;
  const Calibration &calibration_;
  const Edit &edit_;
  const Anchors &anchors_;
  const DeviceWork &work_;
  Program result_;
  std::vector<std::uint8_t> flags_;
  std::vector<std::vector<Stretch>> cuts_;
  std::vector<double> callTime_, gapTime_, added_, addedFixed_, workTime_;
  std::vector<std::uint16_t> workStream_;
  std::vector<std::uint32_t> graphEnd_, workEvent_, programIndex_;
  std::vector<std::int64_t> busyUntil_; // by anchor with work
  std::uint32_t event_ = 0;
  std::uint32_t deferEvent_ = 0;
  std::uint32_t stepNumber_ = 0;
};

} // namespace

Program compile(const Timeline &timeline, const Calibration &calibration, const Edit *edit) {
  return Compiler(timeline, calibration, edit).run();
}

} // namespace hotloop::timeline
