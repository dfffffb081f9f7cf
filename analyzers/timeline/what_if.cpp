#include "analyzers/timeline/what_if.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "analyzers/steps/lanes.h"
#include "analyzers/timeline/baseline.h"
#include "analyzers/timeline/program.h"
#include "analyzers/timeline/replay.h"
#include "core/base/stop.h"
#include "core/trace/meta_keys.h"

namespace hotloop {

using timeline::Program;
using timeline::ReplayOptions;

namespace {

// Half-widths of the interval, from whatif_h100 section 7: noise of a virtual machine's host
// between rounds, of device time, of the gaps inside of a graph, of a host factor that was not
// fitted.
constexpr double kHostNoise = 1.12;
constexpr double kDeviceNoise = 0.05;
constexpr double kGraphDeviceNoise = 0.10;
constexpr double kUnfittedHost = 1.3;
constexpr double kLargestHostFactor = 1.05;
constexpr double kFloor = 0.02;
constexpr double kDenseHost = 1.7; // launches that nothing holds up any more take longer, seen on
                                   // an H100: 8.4 us in place of 4.9
constexpr double kWide = 0.12;
constexpr double kStepsDiffer = 0.15;
constexpr double kReplayDoubt = 0.01;
constexpr double kReplayUseless = 0.05;
constexpr double kSmallGain = 0.05;
constexpr std::uint32_t kEnoughSteps = 8; // to tell what is usual
constexpr double kDelayed = 1.25;         // times the usual step
// A graph: gaps between its works, its own overhead, the host's part.
constexpr double kGraphGap[] = {-200, 200, 600};
constexpr double kGraphExtra = 2'000;

struct Range {
  double low = 0;
  double high = 0;
};
Range around(double a, double b) { return {std::min({a, b, 0.0}), std::max({a, b, 0.0})}; }

// Work of the device in [first, last) steps: its time and count. Works that overlap on several
// streams count once, as far as they did in the record.
struct WorkSum {
  double time = 0;
  double count = 0;
};
WorkSum sumWork(const Program &program, std::uint32_t firstStep, std::uint32_t lastStep) {
  const std::uint32_t begin = program.workBegin[program.stepBegin[firstStep]];
  const std::uint32_t end = program.workBegin[program.stepBegin[lastStep]];
  WorkSum sum;
  for (std::uint32_t k = begin; k < end; ++k) sum.time += program.workTime[k];
  const double steps = lastStep - firstStep;
  return {sum.time / steps, (end - begin) / steps};
}

} // namespace

struct WhatIf::State {
  TraceView trace;
  WhatIfOptions options;
  std::string whyNone;
  Timeline timeline;
  timeline::Calibration calibration;
  Program program;
  ReplayBaseline baseline;
  timeline::FactorFit fit;
  std::vector<timeline::FactorFit> stepFit; // of each step of the template
  std::vector<double> stepPeriod;           // replayed alone at its own factor
  std::vector<std::string> doubts;

  explicit State(const TraceView &view) : trace(view) {}
  void build(const Steps &steps); // may be stopped
  void leaveOutDelayedSteps();

  double period(const Program &changed, const Edit *edit, double factor, double device = 1,
                std::uint32_t first = 0, std::uint32_t last = kNoIndex,
                double graphGap = kGraphGap[1]) const {
    last = std::min(last, static_cast<std::uint32_t>(changed.stepBegin.size() - 1));
    if (edit != nullptr && edit->graphStep) {
      const WorkSum work = sumWork(changed, first, last);
      return std::max(work.time * device * overlapOfStreams + work.count * graphGap + kGraphExtra,
                      timeline::graphCall(work.count));
    }
    const ReplayOptions how{factor, device, first, last};
    if (edit == nullptr || edit->graphs.empty() || hasGraphs)
      return timeline::replay(changed, calibration, how).period;
    timeline::Calibration graphs = calibration;
    graphs.graphGap = graphGap;
    return timeline::replay(changed, graphs, how).period;
  }
  bool slowRecord = false;     // all of the record ran at another speed
  bool hasGraphs = false;      // are there graphs on record, whose gaps are known?
  double overlapOfStreams = 1; // busy time of the device / sum of its works

  double gain(const Program &changed, const Edit &edit, double factor, double device = 1,
              double graphGap = kGraphGap[1]) const {
    return 1 - period(changed, &edit, factor, device, 0, kNoIndex, graphGap) / (baseline.ms * 1e6);
  }
  // No host factor takes the replay to the unprofiled step time.
  bool isUnreached() const {
    return fit.outcome == timeline::FitOutcome::kBelow ||
           fit.outcome == timeline::FitOutcome::kAbove;
  }
  // The same, and it stays too far from it to be used.
  bool missesT0() const {
    if (!isUnreached()) return false;
    const double reached = baseline.ms * 1e6 / static_cast<double>(options.unprofiled->count);
    return std::abs(reached - 1) > kReplayUseless;
  }
  std::string refusal(const Edit &edit) const;
  Range spread(const Program &changed, const Edit &edit, double base,
               const std::vector<double> &stepGains) const;
  void judge(const Edit &edit, Prediction &prediction) const;
};

// A step that took far longer than most without doing more was held up by something that is not on
// record (another program on its core): the unprofiled step time, a median, knows nothing of it.
// Only where enough steps tell what is usual and nearly all are.
void WhatIf::State::leaveOutDelayedSteps() {
  std::vector<TemplateStep> &steps = timeline.steps;
  const auto count = static_cast<std::uint32_t>(steps.size());
  if (count < kEnoughSteps) return;
  std::vector<double> periods, anchors;
  for (std::uint32_t k = 0; k < count; ++k) {
    periods.push_back(period(program, nullptr, 1, 1, k, k + 1));
    anchors.push_back(steps[k].last - steps[k].first);
  }
  std::vector<double> sorted = periods;
  const double usualPeriod = medianInPlace(sorted);
  sorted = anchors;
  const double usualAnchors = medianInPlace(sorted);
  std::vector<TemplateStep> kept;
  for (std::uint32_t k = 0; k < count; ++k)
    if (periods[k] <= kDelayed * usualPeriod || anchors[k] > usualAnchors) kept.push_back(steps[k]);
  if (kept.size() == count || 4 * kept.size() < 3 * count) return;
  const auto error = [&] {
    return std::abs(period(program, nullptr, 1) / timeline::recordedPeriod(timeline) - 1);
  };
  const double before = error();
  std::swap(steps, kept);
  program = timeline::compile(timeline, calibration, nullptr);
  if (error() <= std::max(before, kReplayDoubt)) return;
  // Steps that are so interwoven cannot be told apart.
  std::swap(steps, kept);
  program = timeline::compile(timeline, calibration, nullptr);
}

void WhatIf::State::build(const Steps &steps) {
  State &state = *this;
  if (!state.options.unprofiled) {
    const std::string_view text = trace.meta(meta_key::kStepTimeUnprofiled);
    std::int64_t ns = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), ns);
    if (parsed.ec == std::errc() && ns > 0) state.options.unprofiled = Nanoseconds(ns);
  }
  state.timeline = buildTimeline(trace, steps, options.timeline);
  state.whyNone = state.timeline.whyNone;
  if (!state.whyNone.empty()) return;
  state.calibration = timeline::calibrate(trace, state.timeline);
  state.program = timeline::compile(state.timeline, state.calibration, nullptr);
  state.leaveOutDelayedSteps();
  const auto &kinds = state.timeline.anchors.kind;
  state.hasGraphs = std::find(kinds.begin(), kinds.end(), AnchorKind::kGraphLaunch) != kinds.end();
  state.overlapOfStreams = timeline::streamOverlap(state.timeline);
  const timeline::BaselineInput input{state.timeline, state.calibration, state.program,
                                      state.options.unprofiled, state.options.profile};
  state.baseline = timeline::findBaseline(input, state.fit);
  if (state.missesT0() && timeline::reachBeyondRecords(input, state.calibration, state.program)) {
    // How well the record is replayed was told before anything was scaled.
    const ReplayBaseline recorded = state.baseline;
    state.baseline = timeline::findBaseline(input, state.fit);
    state.baseline.replayedMs = recorded.replayedMs;
    state.baseline.error = recorded.error;
    state.slowRecord = true;
  }
  const auto count = static_cast<std::uint32_t>(state.timeline.steps.size());
  for (std::uint32_t k = 0; k < count; ++k) {
    state.stepFit.push_back(timeline::fitFactor(input, k, k + 1));
    state.stepPeriod.push_back(
        state.period(state.program, nullptr, state.stepFit.back().factor, 1, k, k + 1));
    state.baseline.stepMs.push_back(state.period(state.program, nullptr, 1, 1, k, k + 1) * 1e-6);
  }
  if (!(state.baseline.recordedMs > 0) || !(state.baseline.ms > 0))
    state.whyNone = "The steps have no length in the replay; record the program again.";
  else if (std::abs(state.baseline.error) > kReplayUseless)
    state.whyNone = fmt::format(
        "The replay of the unchanged run misses its recorded step time by {:+.1f} %, so what the "
        "steps wait for is not all on record, and gains would be guesses; record synchronisation "
        "and event calls too.",
        100 * state.baseline.error);
}

WhatIf::WhatIf(const TraceView &trace, const Steps &steps, const WhatIfOptions &options)
    : state_(std::make_unique<State>(trace)) {
  state_->options = options;
  if (!runUntilStopped(options.stop, [&] { state_->build(steps); }))
    state_->whyNone = "The replay was stopped before it was made.";
}

WhatIf::~WhatIf() = default;
WhatIf::WhatIf(WhatIf &&) noexcept = default;
WhatIf &WhatIf::operator=(WhatIf &&) noexcept = default;

const std::string &WhatIf::whyNone() const { return state_->whyNone; }
const TraceView &WhatIf::trace() const { return state_->trace; }
const Timeline &WhatIf::timeline() const { return state_->timeline; }
const ReplayBaseline &WhatIf::baseline() const { return state_->baseline; }
const timeline::Calibration &WhatIf::calibration() const { return state_->calibration; }
const std::optional<Nanoseconds> &WhatIf::unprofiled() const { return state_->options.unprofiled; }
const MachineProfile *WhatIf::profile() const {
  return state_->options.profile ? &*state_->options.profile : nullptr;
}

std::string WhatIf::State::refusal(const Edit &edit) const {
  if (!whyNone.empty()) return whyNone;
  if (!edit.whyNone.empty()) return edit.whyNone;
  if (edit.empty()) return "The change touches nothing in the steady steps of this run.";
  if (missesT0())
    return fmt::format("No host speed makes the replay take the unprofiled step time of {:.3f} ms "
                       "(it gets to {:.3f} ms), so that time is of another program or setting "
                       "than the record; measure it again.",
                       options.unprofiled->milliseconds(), baseline.ms);
  return {};
}

Range WhatIf::State::spread(const Program &changed, const Edit &edit, double base,
                            const std::vector<double> &stepGains) const {
  std::vector<Range> parts{{-kFloor, kFloor}};
  if (stepGains.size() > 1) {
    double mean = 0;
    for (const double g : stepGains) mean += g / static_cast<double>(stepGains.size());
    double sum = 0;
    for (const double g : stepGains) sum += (g - mean) * (g - mean);
    const double deviation = std::sqrt(sum / static_cast<double>(stepGains.size() - 1));
    parts.push_back({-deviation, deviation});
  }
  const double s = fit.factor;
  parts.push_back(around(gain(changed, edit, s * kHostNoise) - base,
                         gain(changed, edit, s / kHostNoise) - base));
  if (edit.dense) parts.push_back(around(gain(changed, edit, s * kDenseHost) - base, 0));
  // How much of that each part of the step was slowed by is not known.
  if (slowRecord)
    parts.push_back(around(gain(changed, edit, s * kUnfittedHost) - base,
                           gain(changed, edit, s / kUnfittedHost) - base));
  const bool graphs = edit.graphStep || !edit.graphs.empty();
  const double device = graphs ? kGraphDeviceNoise : kDeviceNoise;
  parts.push_back(
      around(gain(changed, edit, s, 1 + device) - base, gain(changed, edit, s, 1 - device) - base));
  if (graphs)
    parts.push_back(around(gain(changed, edit, s, 1, kGraphGap[2]) - base,
                           gain(changed, edit, s, 1, kGraphGap[0]) - base));
  Range models;
  for (const Edit &alternative : edit.alternatives) {
    const double other =
        gain(timeline::compile(timeline, calibration, &alternative), alternative, s) - base;
    models = {std::min(models.low, other), std::max(models.high, other)};
  }
  parts.push_back(models);
  if (fit.outcome == timeline::FitOutcome::kNoTarget ||
      fit.outcome == timeline::FitOutcome::kFlat) {
    // Without a fitted factor both sides of the comparison move with it.
    const auto at = [&](double factor) {
      const double before = fit.outcome == timeline::FitOutcome::kNoTarget
                                ? period(program, nullptr, factor)
                                : baseline.ms * 1e6;
      return 1 - period(changed, &edit, factor) / before - base;
    };
    parts.push_back(
        around(at(s / kUnfittedHost), at(std::min(kLargestHostFactor, s * kUnfittedHost))));
  }
  double low = 0;
  double high = 0;
  for (const Range &part : parts) {
    low += part.low * part.low;
    high += part.high * part.high;
  }
  return {-std::sqrt(low), std::sqrt(high)};
}

void WhatIf::State::judge(const Edit &edit, Prediction &prediction) const {
  auto &warnings = prediction.warnings;
  warnings = timeline.doubts;
  if (std::abs(baseline.error) > kReplayDoubt)
    warnings.push_back(
        fmt::format("the replay misses the recorded step time by {:+.1f} %", 100 * baseline.error));
  if (isUnreached()) warnings.push_back("the unprofiled step time cannot be reached exactly");
  if (slowRecord)
    warnings.push_back("the whole record ran at another speed, not only what it recorded");
  if (fit.outcome == timeline::FitOutcome::kFitted && !(0.5 <= fit.factor && fit.factor <= 1.15))
    warnings.push_back(fmt::format("the host factor {:.2f} is unusual", fit.factor));
  std::vector<double> periods = baseline.stepMs;
  if (periods.size() > 1) {
    const auto [shortest, longest] = std::minmax_element(periods.begin(), periods.end());
    const double distance = *longest - *shortest;
    const double middle = medianInPlace(periods);
    if (distance > kStepsDiffer * middle)
      warnings.push_back(fmt::format("steps differ by {:.0f} %", 100 * distance / middle));
  }
  if (prediction.gainHigh - prediction.gainLow > kWide) warnings.push_back("the interval is wide");
  if (!options.unprofiled) warnings.push_back("the unprofiled step time is not known");
  if (edit.dense)
    warnings.push_back("waits come every few launches, and a host that never waits runs slower");
  if (edit.modelled) warnings.push_back("the time of new kernels is a model");
  prediction.trust = warnings.empty() ? "high" : warnings.size() == 1 ? "medium" : "low";
  if (edit.dense)
    prediction.bound = Bound::kUpper;
  else if (edit.sourceLines && !edit.knowsLines)
    prediction.bound = Bound::kLower;
  prediction.belowResolution = (prediction.gainLow <= 0 && prediction.gainHigh >= 0) ||
                               (baseline.hostBound && std::abs(prediction.gain) < kSmallGain);
}

Prediction WhatIf::predict(const Edit &edit) const {
  const State &state = *state_;
  Prediction prediction;
  prediction.abstained = state.refusal(edit);
  if (!prediction.abstained.empty()) return prediction;
  const Program changed = timeline::compile(state.timeline, state.calibration, &edit);
  const double base = state.gain(changed, edit, state.fit.factor);
  std::vector<double> stepGains;
  for (std::uint32_t k = 0; k < state.stepPeriod.size(); ++k)
    stepGains.push_back(1 - state.period(changed, &edit, state.stepFit[k].factor, 1, k, k + 1) /
                                state.stepPeriod[k]);
  const Range spread = state.spread(changed, edit, base, stepGains);
  std::vector<double> all = stepGains;
  all.push_back(base);
  prediction.gain = stepGains.size() > 1 ? medianInPlace(all) : base;
  prediction.gainLow = prediction.gain + spread.low;
  prediction.gainHigh = std::min(1.0, prediction.gain + spread.high);
  if (!std::isfinite(prediction.gain) || !std::isfinite(prediction.gainLow)) {
    prediction = {};
    prediction.abstained = "The replay of the change has no finite step time.";
    return prediction;
  }
  prediction.ms = state.baseline.ms * (1 - prediction.gain);
  prediction.lowMs = state.baseline.ms * (1 - prediction.gainHigh);
  prediction.highMs = state.baseline.ms * (1 - prediction.gainLow);
  prediction.note = edit.note;
  state.judge(edit, prediction);
  return prediction;
}

std::vector<WhatIf::Stacked> WhatIf::greedy(std::span<const Edit> edits, double leastMs) const {
  const State &state = *state_;
  std::vector<Stacked> order;
  std::vector<Edit> taken;
  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < edits.size(); ++i)
    if (state.refusal(edits[i]).empty()) left.push_back(i);
  double reached = state.baseline.ms;
  while (!left.empty()) {
    std::size_t best = left.size();
    double bestMs = reached;
    for (std::size_t i = 0; i < left.size(); ++i) {
      std::vector<Edit> tried = taken;
      tried.push_back(edits[left[i]]);
      const Edit sum = combine(tried);
      const double ms = state.period(timeline::compile(state.timeline, state.calibration, &sum),
                                     &sum, state.fit.factor) *
                        1e-6;
      if (best == left.size() || ms < bestMs) {
        best = i;
        bestMs = ms;
      }
    }
    if (reached - bestMs < leastMs) break;
    taken.push_back(edits[left[best]]);
    order.push_back(
        {left[best], predict(edits[left[best]]), predict(combine(taken)), reached - bestMs});
    reached = bestMs;
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(best));
  }
  return order;
}

double WhatIf::marginalCost(std::uint32_t anchor, double delay) const {
  const State &state = *state_;
  if (!state.whyNone.empty() || delay == 0) return 0;
  Edit edit;
  edit.addedHost.push_back({anchor, delay});
  const double s = state.fit.factor;
  const double before = state.period(state.program, nullptr, s);
  const double after =
      state.period(timeline::compile(state.timeline, state.calibration, &edit), &edit, s);
  // One anchor of one step of the template: per step it counts by the number of steps. The delay is
  // host time of the record, so it scales with the factor.
  return (after - before) * static_cast<double>(state.timeline.steps.size()) / (delay * s);
}

Gain WhatIf::gainOf(const Edit &edit) const {
  const Prediction prediction = predict(edit);
  Gain gain;
  gain.whyNone = prediction.abstained;
  if (!gain.whyNone.empty()) return gain;
  const double before = state_->baseline.ms;
  gain.estimate = Gain::Estimate{before - prediction.ms, before - prediction.highMs,
                                 before - prediction.lowMs, prediction.trust};
  return gain;
}

} // namespace hotloop
