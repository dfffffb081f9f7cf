#include "analyzers/steps/steps.h"

#include <algorithm>
#include <map>

#include "analyzers/steps/lanes.h"
#include "analyzers/steps/period.h"
#include "analyzers/steps/step_marks.h"
#include "analyzers/steps/warmup.h"
#include "core/base/stop.h"

namespace hotloop {

namespace {

template <class Lane> Lane busiestLane(const Column<Lane> &lanes, auto &&use) {
  std::map<Lane, std::int64_t> count;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    stopPoint(i);
    if (use(i)) ++count[lanes[i]];
  }
  if (count.empty()) return Lane();
  return std::ranges::max_element(count, {}, [](const auto &entry) { return entry.second; })->first;
}

// Rows of the sequence and where it ends, for findPeriod.
struct Sequence {
  std::vector<std::uint32_t> tokens;
  std::vector<Nanoseconds> starts;
  Nanoseconds end;
};

// Outermost operators of the thread that ran most of them. The place tells apart two loops that
// call the same operator.
Sequence operatorSequence(const TraceView &trace, ThreadId lane) {
  const auto &ops = trace->ops;
  Sequence sequence;
  Nanoseconds open{INT64_MIN};
  for (std::size_t i = 0; i < ops.start.size(); ++i) {
    stopPoint(i);
    if (ops.lane[i] != lane || ops.scope[i] == OpScope::kUserScope) continue;
    const Nanoseconds end = endOf(ops.start[i], ops.duration[i]);
    if (ops.start[i] < open) continue; // called by the one before
    open = end;
    sequence.tokens.push_back(ops.name[i].value * 2654435761u ^ ops.location[i].value);
    sequence.starts.push_back(ops.start[i]);
    sequence.end = std::max(sequence.end, end);
  }
  return sequence;
}

Sequence kernelSequence(const TraceView &trace, StreamId lane) {
  const auto &kernels = trace->kernels;
  Sequence sequence;
  for (std::size_t i = 0; i < kernels.start.size(); ++i) {
    stopPoint(i);
    if (kernels.lane[i] != lane) continue;
    sequence.tokens.push_back(kernels.name[i].value);
    sequence.starts.push_back(kernels.start[i]);
    sequence.end = std::max(sequence.end, endOf(kernels.start[i], kernels.duration[i]));
  }
  return sequence;
}

void detectSteps(const TraceView &trace, Steps &steps) {
  Sequence sequence;
  const auto &ops = trace->ops;
  if (!ops.start.empty()) {
    steps.lane =
        busiestLane(ops.lane, [&](std::size_t i) { return ops.scope[i] == OpScope::kFunction; });
    steps.process = processOf(trace, steps.lane);
    sequence = operatorSequence(trace, steps.lane);
  } else if (!trace->kernels.start.empty()) {
    const StreamId stream = busiestLane(trace->kernels.lane, [](std::size_t) { return true; });
    if (stream.value >= 1 && stream.value <= trace->streams.process.size())
      steps.process = trace->streams.process[stream.value - 1];
    sequence = kernelSequence(trace, stream);
  }
  const Period period = findPeriod(sequence.tokens);
  for (std::size_t k = 0; k + 1 < period.starts.size(); ++k) {
    const std::uint32_t next = period.starts[k + 1];
    const Nanoseconds end = next < sequence.starts.size() ? sequence.starts[next] : sequence.end;
    steps.all.push_back(
        {sequence.starts[period.starts[k]], end, static_cast<std::int64_t>(k), kNoIndex, false});
  }
  steps.source = StepSource::kDetected;
}

constexpr std::string_view kHowToMark = "mark them with hotloop_step_begin/end, an NVTX range "
                                        "named \"step\", or torch.profiler's step()";

std::string whyNone(const TraceView &trace, const Steps &steps, std::size_t warmup,
                    const StepChoice &choice) {
  if (steps.all.empty()) {
    if (trace->ops.start.empty() && trace->kernels.start.empty())
      return "The run holds no steps, and no operators or kernels to find them by; record a "
             "program "
             "that runs PyTorch operators, and " +
             std::string(kHowToMark) + ".";
    return "The run marks no steps, and its operators do not repeat clearly enough to find them; " +
           std::string(kHowToMark) + ".";
  }
  const bool cut = choice.most > 0 && warmup + steps.steady.size() < steps.all.size();
  return "Only " + std::to_string(steps.steady.size()) + " of " + std::to_string(steps.all.size()) +
         (steps.all.size() == 1 ? " step is" : " steps are") + " steady (" +
         std::to_string(warmup) + (choice.warmup < 0 ? " warm-up" : " left out as asked") +
         (cut ? ", of the rest the first " + std::to_string(choice.most) + " as asked" : "") +
         "), and at least " + std::to_string(kMinimumSteadySteps) + " are needed; " +
         (cut ? "ask for more."
              : "record at least " + std::to_string(warmup + kMinimumSteadySteps) + " steps.");
}

} // namespace

Steps findSteps(const TraceView &trace, const StepChoice &choice) {
  Steps steps;
  chooseSteps(trace, collectStepMarks(trace), steps);
  if (steps.all.empty()) detectSteps(trace, steps);
  const std::size_t warmup =
      choice.warmup >= 0 ? std::min(static_cast<std::size_t>(choice.warmup), steps.all.size())
                         : warmupLength(readStepSigns(trace, steps));
  std::size_t end = steps.all.size();
  if (choice.most > 0) end = std::min(end, warmup + static_cast<std::size_t>(choice.most));
  for (std::size_t i = warmup; i < end; ++i) {
    stopPoint(i);
    steps.all[i].steady = true;
    steps.steady.push_back(static_cast<std::uint32_t>(i));
  }
  if (steps.steady.size() < kMinimumSteadySteps)
    steps.whyNone = whyNone(trace, steps, warmup, choice);
  return steps;
}

} // namespace hotloop
