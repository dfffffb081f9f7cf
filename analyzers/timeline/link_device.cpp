#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "core/base/stop.h"

#include "analyzers/timeline/timeline_parts.h"

namespace hotloop::timeline {

namespace {

constexpr std::int64_t kReturnTakes = 2'000;
constexpr std::int64_t kReturnSlack = 3'000;     // clocks of host and device differ that much
constexpr std::int64_t kLaunchAllowance = 5'000; // from the end of a call to the start on an
                                                 // empty stream, generous
constexpr std::int64_t kUnexplained = 20'000;
constexpr std::int64_t kProducerBefore = 15'000;
constexpr std::int64_t kProducerAfter = 2'000;
constexpr std::size_t kFewEarly = 2;

struct SyncRecord {
  std::uint8_t kind = 0; // as SyncTable
  StreamId stream;
  std::uint64_t event = 0; // identity in the process; 0 none
};

// Events are used again and again, so their id joins the steps; that of a single record is for
// traces that know no other.
std::uint64_t eventIdentity(std::uint32_t event, std::uint64_t record) {
  if (event != 0) return event;
  return record == 0 ? 0 : 1ull << 63 | record;
}

class DeviceLinker {
public:
  explicit DeviceLinker(BuildState &state)
      : state_(state), timeline_(state.result), anchors_(timeline_.anchors), work_(timeline_.work),
        lastWork_(timeline_.streams.size(), kNoIndex), streamWork_(timeline_.streams.size()),
        lastStream_(timeline_.threads.size(), kNoThread) {
    anchors_.target.assign(anchors_.size(), WaitTarget::kDevice);
    anchors_.targetIndex.assign(anchors_.size(), kNoIndex);
    anchors_.waited.assign(anchors_.size(), 0);
    work_.inferred.assign(work_.size(), kNoIndex);
    work_.collective.assign(work_.size(), kNoIndex);
    work_.late.assign(work_.size(), 0);
    readSyncs();
  }

  void run() {
    for (std::uint32_t i = 0; i < anchors_.size(); ++i) {
      stopPoint(i);
      switch (anchors_.kind[i]) {
      case AnchorKind::kLaunch:
      case AnchorKind::kPageable:
      case AnchorKind::kGraphLaunch: launch(i); break;
      case AnchorKind::kSync: sync(i); break;
      case AnchorKind::kFree: syncDevice(i); break;
      case AnchorKind::kEventRecord: record(i); break;
      case AnchorKind::kStreamWait: wait(i); break;
      case AnchorKind::kAllocate:
      case AnchorKind::kStep: break;
      }
    }
    timeline_.events = nextEvent_;
    if (timeline_.streams.size() > 1) inferWaits();
    if (timeline_.devices.size() > 1) findCollectives();
  }

private:
  void readSyncs() {
    const auto &syncs = state_.trace->syncs;
    for (std::uint32_t i = 0; i < syncs.start.size(); ++i) {
      stopPoint(i);
      const auto found = state_.anchorOf.find(syncs.correlation[i]);
      if (syncs.correlation[i] == 0 || found == state_.anchorOf.end()) continue;
      syncOf_[found->second] = {syncs.kind[i], syncs.stream[i],
                                eventIdentity(syncs.event[i], syncs.eventSync[i])};
    }
    const auto &records = state_.trace->eventRecords;
    for (std::uint32_t i = 0; i < records.event.size(); ++i) {
      stopPoint(i);
      const auto found = state_.anchorOf.find(records.correlation[i]);
      if (records.correlation[i] == 0 || found == state_.anchorOf.end()) continue;
      syncOf_[found->second] = {0, records.lane[i],
                                eventIdentity(records.event[i], records.eventSync[i])};
    }
  }

  std::uint16_t knownStream(StreamId id) const {
    return id.value < state_.streamIndex.size() ? state_.streamIndex[id.value] : kNoThread;
  }
  std::uint32_t eventIndex(std::uint64_t identity) {
    const auto [entry, isNew] = eventOf_.try_emplace(identity, nextEvent_);
    if (isNew) ++nextEvent_;
    return entry->second;
  }

  void launch(std::uint32_t i) {
    for (std::uint32_t k = anchors_.workBegin[i]; k < anchors_.workBegin[i + 1]; ++k) {
      const std::uint16_t stream = work_.stream[k];
      lastStream_[anchors_.thread[i]] = stream;
      const std::uint32_t before = lastWork_[stream];
      if (before != kNoIndex && work_.end[k] <= work_.end[before]) continue;
      lastWork_[stream] = k;
      streamWork_[stream].push_back(k);
    }
  }

  // End of the last work of a device so far; kNoIndex: of all.
  std::int64_t latestEnd(std::uint32_t device) const {
    std::int64_t end = INT64_MIN;
    for (std::size_t s = 0; s < lastWork_.size(); ++s)
      if (lastWork_[s] != kNoIndex && (device == kNoIndex || timeline_.deviceOfStream[s] == device))
        end = std::max(end, work_.end[lastWork_[s]]);
    return end;
  }

  void waitForEnd(std::uint32_t i, std::int64_t end) {
    if (anchors_.start[i] < end && end <= anchors_.end[i] + kReturnSlack) anchors_.waited[i] = end;
  }

  // The stream whose last work ended inside of the call: what it must have waited for. A call
  // returns some microseconds after that, so ends just before its return come second.
  std::uint16_t streamThatEndedIn(std::uint32_t i) const {
    std::uint16_t best = kNoThread;
    std::pair<bool, std::int64_t> bestRank;
    for (std::uint16_t s = 0; s < lastWork_.size(); ++s) {
      if (lastWork_[s] == kNoIndex) continue;
      const std::int64_t end = work_.end[lastWork_[s]];
      if (end <= anchors_.start[i] || end > anchors_.end[i] + kReturnSlack) continue;
      const std::pair rank(end <= anchors_.end[i] - kReturnTakes, end);
      if (best != kNoThread && rank <= bestRank) continue;
      best = s;
      bestRank = rank;
    }
    return best;
  }

  void sync(std::uint32_t i) {
    const auto found = syncOf_.find(i);
    const SyncRecord known = found == syncOf_.end() ? SyncRecord() : found->second;
    const ApiKind kind = state_.apiKind[i];
    if (kind == ApiKind::kSyncEvent)
      syncEvent(i, known);
    else if (kind == ApiKind::kSyncStream)
      syncStream(i, known);
    else
      syncDevice(i);
  }

  void syncEvent(std::uint32_t i, const SyncRecord &known) {
    anchors_.target[i] = WaitTarget::kEvent;
    const auto event = known.event != 0 ? eventOf_.find(known.event) : eventOf_.end();
    if (event != eventOf_.end())
      anchors_.targetIndex[i] = event->second;
    else if (known.event == 0)
      anchors_.targetIndex[i] = lastRecorded_;
    const std::uint32_t target = anchors_.targetIndex[i];
    if (target != kNoIndex && target < eventWork_.size() && eventWork_[target] != kNoIndex)
      waitForEnd(i, work_.end[eventWork_[target]]);
    if (anchors_.waited[i] == 0 && anchors_.end[i] - anchors_.start[i] > kUnexplained)
      waitForWorkIn(i);
  }

  // A long wait whose event is unknown, or one that cannot be meant: it waited for the work that
  // ended right before it returned.
  void waitForWorkIn(std::uint32_t i) {
    std::uint32_t best = kNoIndex;
    std::pair<bool, std::int64_t> bestRank;
    for (const auto &list : streamWork_) {
      // Ends rise on a stream.
      const auto after = std::ranges::upper_bound(list, anchors_.end[i] + kReturnSlack, {},
                                                  [&](std::uint32_t k) { return work_.end[k]; });
      for (auto it = after; it != list.begin() && after - it < 2;) {
        const std::int64_t end = work_.end[*--it];
        if (end <= anchors_.start[i] || anchors_.end[i] - end > kUnexplained) break;
        const std::pair rank(end <= anchors_.end[i] - kReturnTakes, end);
        if (best != kNoIndex && rank <= bestRank) continue;
        best = *it;
        bestRank = rank;
      }
    }
    if (best == kNoIndex) return;
    const auto [entry, isNew] = eventOfWork_.try_emplace(best, nextEvent_);
    if (isNew) {
      timeline_.workEvents.emplace_back(nextEvent_++, best);
      eventWork_.resize(nextEvent_, kNoIndex);
      eventWork_[entry->second] = best;
    }
    anchors_.targetIndex[i] = entry->second;
    waitForEnd(i, work_.end[best]);
  }

  void syncStream(std::uint32_t i, const SyncRecord &known) {
    std::uint16_t stream = knownStream(known.stream);
    if (!known.stream) {
      stream = streamThatEndedIn(i);
      if (stream == kNoThread) stream = lastStream_[anchors_.thread[i]];
      if (stream == kNoThread && timeline_.streams.size() == 1) stream = 0;
    }
    anchors_.target[i] = WaitTarget::kStream;
    if (stream == kNoThread) return;
    anchors_.targetIndex[i] = stream;
    if (lastWork_[stream] != kNoIndex) waitForEnd(i, work_.end[lastWork_[stream]]);
  }

  // The device that is current on the calling thread: the one that it last started work on, unless
  // the record says otherwise: that device was still at work when the call returned, or was done
  // before it while the call stood until another one was.
  void syncDevice(std::uint32_t i) {
    std::uint32_t device = 0;
    if (timeline_.devices.size() > 1) {
      const std::uint16_t own = lastStream_[anchors_.thread[i]];
      const std::uint16_t ended = streamThatEndedIn(i);
      device = own == kNoThread ? kNoIndex : timeline_.deviceOfStream[own];
      const std::int64_t end = own == kNoThread ? INT64_MIN : latestEnd(device);
      const bool runsOn = end > anchors_.end[i] + kReturnSlack;
      const bool tooLong =
          end <= anchors_.start[i] && anchors_.end[i] - anchors_.start[i] > kUnexplained;
      if (ended != kNoThread && (own == kNoThread || runsOn || tooLong))
        device = timeline_.deviceOfStream[ended];
    }
    anchors_.targetIndex[i] = device;
    waitForEnd(i, latestEnd(device));
  }

  void record(std::uint32_t i) {
    const auto found = syncOf_.find(i);
    std::uint16_t stream = kNoThread;
    std::uint32_t event = nextEvent_;
    if (found != syncOf_.end()) {
      stream = found->second.stream ? knownStream(found->second.stream)
                                    : lastStream_[anchors_.thread[i]];
      if (found->second.event != 0) event = eventIndex(found->second.event);
    } else {
      stream = lastStream_[anchors_.thread[i]];
    }
    if (event == nextEvent_) ++nextEvent_;
    eventWork_.resize(nextEvent_, kNoIndex);
    eventWork_[event] = stream == kNoThread ? kNoIndex : lastWork_[stream];
    anchors_.target[i] = WaitTarget::kStream;
    anchors_.targetIndex[i] = event;
    lastRecorded_ = event;
    timeline_.recordStream[i] = stream;
  }

  void wait(std::uint32_t i) {
    const auto found = syncOf_.find(i);
    std::uint16_t stream = kNoThread;
    std::uint32_t event = lastRecorded_;
    if (found != syncOf_.end()) {
      stream = found->second.stream ? knownStream(found->second.stream) : nextStream(i);
      const auto known = eventOf_.find(found->second.event);
      event = known == eventOf_.end() ? kNoIndex : known->second;
    } else {
      stream = nextStream(i);
      // A guess must not contradict the record: work that began before the event happened did not
      // wait for it.
      if (event != kNoIndex && !consistent(i, stream, event)) event = kNoIndex;
    }
    anchors_.targetIndex[i] = event;
    timeline_.recordStream[i] = stream;
  }

  // The stream of the next work of that thread: wait_stream() comes before work on the stream.
  std::uint16_t nextStream(std::uint32_t i) const {
    for (std::uint32_t next = i + 1; next < anchors_.size(); ++next)
      if (anchors_.thread[next] == anchors_.thread[i] &&
          anchors_.workBegin[next + 1] > anchors_.workBegin[next])
        return work_.stream[anchors_.workBegin[next]];
    return kNoThread;
  }

  bool consistent(std::uint32_t i, std::uint16_t stream, std::uint32_t event) const {
    if (stream == kNoThread || event >= eventWork_.size() || eventWork_[event] == kNoIndex)
      return false;
    const std::int64_t happened = work_.end[eventWork_[event]];
    if (work_.stream[eventWork_[event]] == stream) return false;
    for (std::uint32_t k = anchors_.workBegin[i]; k < work_.size(); ++k)
      if (work_.stream[k] == stream) return work_.start[k] >= happened - kProducerAfter;
    return false;
  }

  // Work that started late for no reason on record, right when work of another stream ended.
  void inferWaits() {
    std::vector<std::uint32_t> byEnd(work_.size());
    std::iota(byEnd.begin(), byEnd.end(), 0u);
    std::sort(byEnd.begin(), byEnd.end(), [&](std::uint32_t a, std::uint32_t b) {
      return std::pair(work_.end[a], a) < std::pair(work_.end[b], b);
    });
    std::vector<std::int64_t> streamEnd(timeline_.streams.size(), INT64_MIN);
    std::vector<std::int64_t> eventTime(timeline_.events, INT64_MIN);
    std::vector<std::int64_t> awaited(timeline_.streams.size(), INT64_MIN);
    std::size_t early = 0; // began before what its stream was told to wait for had ended
    for (std::uint32_t i = 0; i < anchors_.size(); ++i) {
      stopPoint(i);
      const std::uint32_t target = anchors_.targetIndex[i];
      if (anchors_.kind[i] == AnchorKind::kEventRecord && target < eventTime.size()) {
        const std::uint16_t s = timeline_.recordStream[i];
        if (s != kNoThread) eventTime[target] = std::max(streamEnd[s], awaited[s]);
      } else if (anchors_.kind[i] == AnchorKind::kStreamWait && target < eventTime.size()) {
        const std::uint16_t s = timeline_.recordStream[i];
        if (s != kNoThread) awaited[s] = std::max(awaited[s], eventTime[target]);
      }
      for (std::uint32_t k = anchors_.workBegin[i]; k < anchors_.workBegin[i + 1]; ++k) {
        const std::uint16_t s = work_.stream[k];
        if (work_.start[k] + kProducerAfter < awaited[s]) ++early;
        const std::int64_t explained =
            std::max({anchors_.end[i] + kLaunchAllowance, streamEnd[s], awaited[s]});
        if (anchors_.kind[i] != AnchorKind::kGraphLaunch &&
            work_.start[k] - explained > kUnexplained && !infer(k, byEnd))
          work_.late[k] = work_.start[k] - explained;
        streamEnd[s] = std::max(streamEnd[s], work_.end[k]);
      }
    }
    if (early > kFewEarly && 200 * early > work_.size())
      timeline_.doubts.push_back(fmt::format(
          "{} pieces of device work begin before what it was told to wait for: event records are "
          "missing or wrong",
          early));
  }

  bool infer(std::uint32_t k, const std::vector<std::uint32_t> &byEnd) {
    const std::int64_t start = work_.start[k];
    auto found = std::upper_bound(
        byEnd.begin(), byEnd.end(), start + kProducerAfter,
        [&](std::int64_t time, std::uint32_t other) { return time < work_.end[other]; });
    while (found != byEnd.begin()) {
      const std::uint32_t other = *--found;
      if (work_.end[other] < start - kProducerBefore) break;
      // Only what the host asked for earlier can be waited for.
      if (other < k && work_.stream[other] != work_.stream[k]) {
        work_.inferred[k] = other;
        return true;
      }
    }
    return false;
  }

  // The n-th collective of each device, when all of them overlap in time.
  void findCollectives() {
    std::vector<std::vector<std::uint32_t>> ofDevice(timeline_.devices.size());
    for (std::uint32_t k = 0; k < work_.size(); ++k)
      if (work_.kind[k] == DeviceWorkKind::kCollective)
        ofDevice[timeline_.deviceOfStream[work_.stream[k]]].push_back(k);
    std::erase_if(ofDevice, [](const auto &list) { return list.empty(); });
    if (ofDevice.size() < 2) return;
    std::size_t count = ofDevice[0].size();
    for (const auto &list : ofDevice) count = std::min(count, list.size());
    for (std::size_t n = 0; n < count; ++n) {
      std::int64_t start = INT64_MIN;
      std::int64_t end = INT64_MAX;
      for (const auto &list : ofDevice) {
        start = std::max(start, work_.start[list[n]]);
        end = std::min(end, work_.end[list[n]]);
      }
      if (start >= end) continue;
      for (const auto &list : ofDevice) work_.collective[list[n]] = timeline_.collectives;
      ++timeline_.collectives;
    }
  }

  BuildState &state_;
  Timeline &timeline_;
  Anchors &anchors_;
  DeviceWork &work_;
  std::vector<std::uint32_t> lastWork_;                  // of each stream, the one that ended last
  std::vector<std::vector<std::uint32_t>> streamWork_;   // of each stream, rising ends
  std::vector<std::uint16_t> lastStream_;                // that each thread started work on
  std::unordered_map<std::uint32_t, SyncRecord> syncOf_; // by anchor
  std::unordered_map<std::uint64_t, std::uint32_t> eventOf_;
  std::vector<std::uint32_t> eventWork_; // by event: work that it follows
  std::unordered_map<std::uint32_t, std::uint32_t> eventOfWork_;
  std::uint32_t nextEvent_ = 0;
  std::uint32_t lastRecorded_ = kNoIndex;
};

} // namespace

void linkDevice(BuildState &state) {
  state.result.recordStream.assign(state.result.anchors.size(), kNoThread);
  DeviceLinker(state).run();
}

} // namespace hotloop::timeline
