#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/trace/trace_sink.h"

namespace hotloop::test_support {

// Problems that a made run can hold. Each has one place in the made program and the rule that
// should name it.
enum class Plant : std::uint32_t {
  kItem,          // loss.item() once per step
  kBranch,        // if (tensor): per step
  kPrint,         // print(tensor): several scalar read-backs under __repr__
  kMask,          // boolean-mask indexing, once per layer
  kNonzero,       // nonzero() once per layer
  kUnique,        // unique() once per step
  kRepeat,        // repeat_interleave with a tensor of counts, once per step
  kExpertLoop,    // the experts one after the other, in every layer
  kAllocation,    // torch.zeros in the loop, once per layer
  kVaryingShape,  // a buffer whose size differs from step to step
  kGrowingList,   // outputs kept and concatenated, more of them every step
  kPerParameter,  // the optimizer updates one parameter after the other
  kUnfusedRouter, // softmax, topk, sum, div, ... instead of one fused gating
};

struct PlantInfo {
  Plant plant = Plant::kItem;
  std::string_view name;    // as the command line calls it
  std::string_view rule;    // id of the rule that should find it
  std::string_view variant; // of that rule, may be empty
  std::string_view file;
  std::uint32_t line = 0;
  std::string_view function;
};
std::span<const PlantInfo> plantCatalogue();
const PlantInfo &plantInfo(Plant plant);
std::optional<Plant> findPlant(std::string_view name);

// How the made program marks its steps.
enum class StepMarks { kApi, kNvtx, kProfiler, kNone };

struct MakeRunOptions {
  std::uint64_t events = 100'000; // the run ends with the step that reaches it
  std::uint64_t seed = 1;
  bool device = false; // with CUDA calls, kernels, copies, fills, synchronisations
  bool graph = false;  // with device: the optimizer is launched as one CUDA graph
  StepMarks marks = StepMarks::kApi;
  std::uint32_t layers = 0; // 0: chosen so that a run has many steps
  std::uint32_t experts = 8;
  std::vector<Plant> plants = {}; // none: a clean run
};

struct PlantedProblem {
  PlantInfo info;
  double perStep = 0; // occurrences, averaged over all steps
};
struct MadeRun {
  std::uint64_t events = 0; // rows of the event tables
  std::uint64_t steps = 0;
  std::vector<PlantedProblem> planted;
};

// Plays a mixture-of-experts training loop into `sink`, 10^3 to 10^8 events, with memory that does
// not depend on their number: nested operators, ranges, allocations, several threads and streams,
// warm-up, gaps and jitter. The same options give the same rows. The caller finalises the sink.
// Errors: those of the sink, an impossible option.
Result<MadeRun> makeRun(TraceSink &sink, const MakeRunOptions &options);

} // namespace hotloop::test_support
