#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/trace/trace_view.h"

namespace hotloop {

inline constexpr std::uint32_t kNoIndex = 0xFFFFFFFFu;

// One iteration of the hot loop: the half-open window [start, end).
struct Step {
  Nanoseconds start;
  Nanoseconds end;
  std::int64_t number = 0;      // as the program counts, else from 0
  std::uint32_t row = kNoIndex; // index in trace->steps; kNoIndex when it is not stored there
  bool steady = false;
};

// Something odd about the marks: a row of the quality table, by its key in the catalogue.
struct StepNote {
  std::string name;
  std::int64_t count = 0;
  std::string detail; // may be empty
};

// The steps of one thread of one process. Steps of other processes or threads are left out, and a
// note says so.
struct Steps {
  std::vector<Step> all;             // by start; they do not overlap
  std::vector<std::uint32_t> steady; // indices into `all`, rising
  ProcessId process;                 // none when there are no steps
  ThreadId lane;
  StepSource source = StepSource::kDetected;
  std::string whyNone; // a sentence, when fewer than kMinimumSteadySteps are steady
  std::vector<StepNote> notes;
};

inline constexpr std::size_t kMinimumSteadySteps = 3;

// Which steps are steady: what follows the warm-up, and of that the first `most`.
struct StepChoice {
  std::int64_t warmup; // steps left out at the start; -1: found by itself (warmup.h)
  std::int64_t most;   // 0: all

  StepChoice(std::int64_t leftOut = -1, std::int64_t atMost = 0) : warmup(leftOut), most(atMost) {}
  bool operator==(const StepChoice &) const = default;
};

// Finds the steps: rows of the step table, else NVTX ranges and user scopes with a step-like name,
// else the repeating sequence of operators (or of kernels) of the busiest lane.
// Several processes mark steps: the one with most operators. Several threads of it: the one with
// most steps. Nested marks: the outermost level with at least three steps.
Steps findSteps(const TraceView &trace, const StepChoice &choice);

// Is `name` the name of a step range: "step", "Step#3", "iteration 12", "ProfilerStep#4",
// "train_step"? `number` gets the number in it, or -1. Names that only begin alike ("stepper",
// "step forward") are not.
bool isStepName(std::string_view name, std::int64_t &number);

} // namespace hotloop
