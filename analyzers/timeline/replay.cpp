#include "analyzers/timeline/replay.h"

#include <algorithm>
#include <cmath>

#include "core/base/stop.h"

namespace hotloop::timeline {

namespace {

constexpr double kNever = -1e18;
constexpr std::size_t kQueue = 1024; // launches in flight that a channel holds
constexpr double kSame = 0.01;       // ns
constexpr int kSweeps = 64;

// Times of launched work that has not begun, oldest first.
class LaunchQueue {
public:
  LaunchQueue() : starts_(kQueue) {}
  bool full() const { return size_ == kQueue; }
  double pop() {
    const double start = starts_[first_];
    first_ = (first_ + 1) % kQueue;
    --size_;
    return start;
  }
  void push(double start) {
    if (full()) pop();
    starts_[(first_ + size_) % kQueue] = start;
    ++size_;
  }
  void clear() { first_ = size_ = 0; }

private:
  std::vector<double> starts_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

class Simulation {
public:
  Simulation(const Program &program, const Calibration &calibration, const ReplayOptions &options)
      : program_(program), calibration_(calibration), options_(options),
        begin_(program.stepBegin[options.firstStep]),
        end_(program.stepBegin[std::min<std::uint32_t>(
            options.lastStep, static_cast<std::uint32_t>(program.stepBegin.size() - 1))]),
        hostEnd_(end_ - begin_) {
    collectiveEnd_.assign(static_cast<std::size_t>(program.collectives) *
                              static_cast<std::size_t>(options.passes),
                          kNever);
  }

  ReplayResult run(std::uint32_t steps) {
    ReplayResult result;
    // Ends of collectives only grow from sweep to sweep, until nothing moves.
    for (int sweep = 0; sweep < kSweeps; ++sweep) {
      moved_ = false;
      passes();
      if (!moved_) break;
    }
    result.settled = !moved_;
    result.passes = made_;
    const int passes = options_.passes;
    const int from = std::max(0, passes / 2 - 1);
    if (passes < 2 || steps == 0) return result;
    const double count = static_cast<double>(passes - 1 - from) * steps;
    const auto last = static_cast<std::size_t>(passes - 1);
    const auto first = static_cast<std::size_t>(from);
    result.period = (stepEnd_[last] - stepEnd_[first]) / count;
    result.host = (tailEnd_[last] - tailEnd_[first]) / count;
    return result;
  }

private:
  void passes() {
    streamEnd_.assign(program_.streams, kNever);
    streamReady_.assign(program_.streams, kNever);
    streamKind_.assign(program_.streams, kNoWorkBefore);
    deviceEnd_.assign(program_.devices + 1, kNever);
    eventEnd_.assign(program_.events, kNever);
    threadEnd_.assign(program_.threads, kNever);
    tail_ = 0;
    allEnd_ = kNever;
    streamCollective_.assign(program_.streams, kNoIndex);
    queue_.clear();
    stepEnd_.clear();
    tailEnd_.clear();
    std::vector<double> before;
    for (pass_ = 0; pass_ < options_.passes; ++pass_) {
      pass();
      stepEnd_.push_back(std::max(tail_, allEnd_));
      tailEnd_.push_back(tail_);
      std::vector<double> now = relativeState();
      if (program_.collectives == 0 && pass_ > 0 && same(now, before)) break;
      before = std::move(now);
    }
    made_ = static_cast<int>(stepEnd_.size());
    while (stepEnd_.size() < static_cast<std::size_t>(options_.passes)) {
      const std::size_t n = stepEnd_.size();
      stepEnd_.push_back(2 * stepEnd_[n - 1] - stepEnd_[n - 2]);
      tailEnd_.push_back(2 * tailEnd_[n - 1] - tailEnd_[n - 2]);
    }
  }

  std::vector<double> relativeState() const {
    const double now = stepEnd_.back();
    std::vector<double> state{tail_ - now};
    const auto add = [&](const std::vector<double> &times) {
      for (const double time : times) state.push_back(time <= kNever / 2 ? kNever : time - now);
    };
    add(streamEnd_);
    add(streamReady_);
    add(eventEnd_);
    add(threadEnd_);
    return state;
  }

  static bool same(const std::vector<double> &a, const std::vector<double> &b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (std::abs(a[i] - b[i]) > kSame) return false;
    return true;
  }

  void pass() {
    arrived_.assign(program_.collectives, 0);
    const double s = options_.hostFactor;
    double tail = tail_;
    for (std::uint32_t i = begin_; i < end_; ++i) {
      const std::uint32_t before = program_.predecessor[i];
      double start = tail;
      if (before - begin_ < i - begin_) { // in the program, at or behind its beginning
        start = hostEnd_[before - begin_];
      } else if (program_.beside[program_.thread[i]] != 0) {
        start = tail_; // of the pass before: the border
      }
      start += program_.gapFixed[i] + s * program_.gapScaled[i];
      // A thread beside the loop begins its part of a step when it is done with the one before.
      if (program_.beside[program_.thread[i]] != 0)
        start = std::max(start, threadEnd_[program_.thread[i]]);
      const double call = program_.callFixed[i] + s * program_.callScaled[i];
      double end = start + call;
      switch (program_.op[i]) {
      case ReplayOp::kHost: break;
      case ReplayOp::kLaunch: end = launch(i, start, call); break;
      case ReplayOp::kPageable: end = pageable(i, start, end); break;
      case ReplayOp::kGraph: graph(i, end); break;
      case ReplayOp::kSyncDevice: end = waitFor(end, deviceEnd(program_.argument[i])); break;
      case ReplayOp::kSyncStream: end = waitFor(end, streamEnd_[program_.argument[i]]); break;
      case ReplayOp::kSyncEvent: end = waitFor(end, eventEnd_[program_.argument[i]]); break;
      case ReplayOp::kFree: end = std::max(start, deviceEnd(program_.argument[i])) + call; break;
      case ReplayOp::kRecord:
        eventEnd_[program_.argument[i]] = streamPoint(program_.stream[i]);
        break;
      case ReplayOp::kWait: {
        double &ready = streamReady_[program_.stream[i]];
        ready = std::max(ready, eventEnd_[program_.argument[i]]);
        break;
      }
      case ReplayOp::kDefer: {
        double &event = eventEnd_[program_.argument[i]];
        const std::uint16_t stream = program_.stream[i];
        event = std::max(event, stream < program_.streams ? streamEnd_[stream] : allEnd_);
        break;
      }
      case ReplayOp::kStepWait: end = waitFor(end, eventEnd_[program_.argument[i]]); break;
      }
      hostEnd_[i - begin_] = end;
      const std::uint16_t thread = program_.thread[i];
      threadEnd_[thread] = end;
      if (program_.beside[thread] == 0 && end > tail) tail = end;
    }
    tail_ = end_ > begin_ ? hostEnd_[end_ - begin_ - 1] : tail;
  }

  double deviceEnd(std::uint32_t device) const {
    return device < program_.devices ? deviceEnd_[device] : allEnd_;
  }
  // When all work of the stream so far is done, what it was told to wait for included.
  double streamPoint(std::uint16_t stream) const {
    return std::max(streamEnd_[stream], streamReady_[stream]);
  }

  double waitFor(double end, double target) {
    if (target + calibration_.syncReturn > end) end = target + calibration_.syncReturn;
    if (allEnd_ <= end) queue_.clear();
    return end;
  }

  // Starts work `k` at or after `earliest`; its end. `scale`: of its time.
  double place(std::uint32_t k, double earliest, double scale = 1) {
    const std::uint16_t stream = program_.workStream[k];
    const std::size_t kind = program_.workKind[k];
    double start =
        std::max({earliest, streamEnd_[stream] + calibration_.follow[streamKind_[stream]][kind],
                  streamReady_[stream]});
    if (program_.workAwaits[k] != kNoIndex)
      start = std::max(start, eventEnd_[program_.workAwaits[k]]);
    start += program_.workLate[k];
    double end = start + program_.workTime[k] * options_.deviceFactor * scale;
    const std::uint32_t collective = program_.workCollective[k];
    if (collective != kNoIndex) {
      end = join(collective, end);
      ++arrived_[collective];
    }
    streamCollective_[stream] = collective;
    streamEnd_[stream] = end;
    streamKind_[stream] = static_cast<std::uint8_t>(kind);
    double &device = deviceEnd_[program_.deviceOfStream[stream]];
    device = std::max(device, end);
    allEnd_ = std::max(allEnd_, end);
    if (program_.workEvent[k] != kNoIndex) eventEnd_[program_.workEvent[k]] = end;
    lastStart_ = start;
    return end;
  }

  // A member of a collective ends when the one that came last does. Members whose stream has gone
  // on already get that end in the next sweep.
  double join(std::uint32_t collective, double end) {
    double &known =
        collectiveEnd_[static_cast<std::size_t>(pass_) * program_.collectives + collective];
    if (end <= known + kSame) return std::max(end, known);
    known = end;
    std::uint32_t waiting = 0;
    for (std::size_t s = 0; s < streamCollective_.size(); ++s) {
      if (streamCollective_[s] != collective) continue;
      ++waiting;
      streamEnd_[s] = std::max(streamEnd_[s], end);
      double &device = deviceEnd_[program_.deviceOfStream[s]];
      device = std::max(device, end);
    }
    if (waiting < arrived_[collective]) moved_ = true;
    return end;
  }

  double launch(std::uint32_t i, double start, double call) {
    if (queue_.full()) start = std::max(start, queue_.pop());
    const double end = start + call;
    for (std::uint32_t k = program_.workBegin[i]; k < program_.workBegin[i + 1]; ++k) {
      place(k, end + calibration_.launch[program_.workKind[k]]);
      queue_.push(lastStart_);
    }
    return end;
  }

  double pageable(std::uint32_t i, double start, double end) {
    const auto &[toDevice, toReturn] = program_.pageable[program_.argument[i]];
    const double s = calibration_.wholeHost ? options_.hostFactor : 1;
    for (std::uint32_t k = program_.workBegin[i]; k < program_.workBegin[i + 1]; ++k) {
      place(k, start + s * toDevice, s);
      end = std::max(end, lastStart_ + s * toReturn);
    }
    return end;
  }

  void graph(std::uint32_t i, double end) {
    double earliest = end + calibration_.graphLatency;
    for (std::uint32_t k = program_.workBegin[i]; k < program_.workBegin[i + 1]; ++k) {
      const std::uint16_t stream = program_.workStream[k];
      // Inside of a graph the gap is its own, whatever the kinds.
      streamEnd_[stream] +=
          calibration_.graphGap - calibration_.follow[streamKind_[stream]][program_.workKind[k]];
      earliest = place(k, earliest);
    }
    if (program_.workBegin[i] < program_.workBegin[i + 1]) queue_.push(lastStart_);
  }

  const Program &program_;
  const Calibration &calibration_;
  const ReplayOptions &options_;
  std::uint32_t begin_, end_;
  std::vector<double> hostEnd_, streamEnd_, streamReady_, deviceEnd_, eventEnd_, threadEnd_;
  std::vector<std::uint8_t> streamKind_;
  std::vector<std::uint32_t> streamCollective_; // that a stream's last work is part of
  std::vector<std::uint32_t> arrived_;          // members of each collective, this pass
  std::vector<double> stepEnd_, tailEnd_, collectiveEnd_;
  LaunchQueue queue_;
  double tail_ = 0;
  double allEnd_ = kNever;
  double lastStart_ = 0;
  int pass_ = 0;
  int made_ = 0;
  bool moved_ = false;
};

} // namespace

ReplayResult replay(const Program &program, const Calibration &calibration,
                    const ReplayOptions &options) {
  stopPoint();
  const auto count = static_cast<std::uint32_t>(program.stepBegin.size());
  if (count < 2 || options.firstStep + 1 >= count) return {};
  const std::uint32_t last = std::min(options.lastStep, count - 1);
  return Simulation(program, calibration, options).run(last - options.firstStep);
}

} // namespace hotloop::timeline
