#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "analyzers/rules/call_rules.h"
#include "analyzers/rules/launch_order.h"

namespace hotloop {

namespace {

constexpr std::size_t kShortest = 8;   // launches; fewer do not pay for a graph launch
constexpr double kMaterialIdle = 0.03; // of the step

// Launches between two things that a capture forbids, in one step.
struct Segment {
  std::vector<std::uint32_t> calls;
  std::uint64_t hash = 0;
};

struct Blockers {
  double waits = 0, copies = 0, allocations = 0;
};

class Segments {
public:
  explicit Segments(const RuleInput &input) : input_(input) {}

  std::vector<Segment> ofStep(std::uint32_t step, Blockers &blockers) const {
    std::vector<Segment> segments(1);
    bool started = false;
    double waits = 0; // that no launch has followed yet: those at the edges of a step stay
    for (const std::uint32_t call : callsOfStep(input_, step)) {
      const CallKind kind = input_.device.kind[call];
      if (startsWork(kind)) {
        blockers.waits += waits;
        waits = 0;
        started = true;
      } else if (waitsForDevice(kind) && started) {
        ++waits;
      }
      if (isBlocker(call, kind, blockers)) {
        if (!segments.back().calls.empty()) segments.emplace_back();
      } else if (startsWork(kind) && kind != CallKind::kGraphLaunch) {
        segments.back().calls.push_back(call);
        segments.back().hash = mix(segments.back().hash, shapeOf(call));
      }
    }
    return segments;
  }

private:
  static std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
    hash ^= value + 0x9E3779B97F4A7C15ull + (hash << 6) + (hash >> 2);
    return hash * 0xD6E8FEB86659FD93ull;
  }

  // What would make the graph of one step wrong for another.
  std::uint64_t shapeOf(std::uint32_t call) const {
    const auto work = input_.device.workOf(call);
    if (!work) return input_.trace->apis.name[call].value;
    std::uint64_t shape = mix(static_cast<std::uint64_t>(work->kind), work->stream.value);
    if (work->kind == ItemKind::kCopy) return mix(shape, input_.trace->memcpys.bytes[work->row]);
    if (work->kind == ItemKind::kFill) return mix(shape, input_.trace->memsets.bytes[work->row]);
    const auto &kernels = input_.trace->kernels;
    for (const std::uint64_t part :
         {std::uint64_t{kernels.name[work->row].value}, std::uint64_t{kernels.gridX[work->row]},
          std::uint64_t{kernels.gridY[work->row]}, std::uint64_t{kernels.gridZ[work->row]},
          std::uint64_t{kernels.blockX[work->row]}, std::uint64_t{kernels.blockY[work->row]},
          std::uint64_t{kernels.dynamicShared[work->row]}})
      shape = mix(shape, part);
    return shape;
  }

  bool isBlocker(std::uint32_t call, CallKind kind, Blockers &blockers) const {
    if (waitsForDevice(kind)) return true;
    if (kind == CallKind::kMalloc || kind == CallKind::kFree || kind == CallKind::kHostMalloc ||
        kind == CallKind::kHostFree) {
      ++blockers.allocations;
      return true;
    }
    if (kind == CallKind::kCopy &&
        (directionOf(input_, call) == CopyDirection::kToHost || isPageable(input_, call) ||
         !isAsyncForm(input_.trace.text(input_.trace->apis.name[call])))) {
      ++blockers.copies;
      return true;
    }
    return kind == CallKind::kGraphLaunch;
  }

  const RuleInput &input_;
};

std::string prerequisites(const Blockers &blockers, double steps) {
  std::string text;
  const auto add = [&](double count, std::string_view what) {
    if (count / steps < 0.5) return;
    text += fmt::format("{}{:.3g} {}", text.empty() ? "" : ", ", count / steps, what);
  };
  add(blockers.waits, "waits");
  add(blockers.copies, "blocking copies");
  add(blockers.allocations, "allocations");
  return text;
}

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const auto steps = static_cast<double>(input.steps.steady.size());
  const Segments finder(input);
  Blockers blockers;
  std::vector<std::vector<Segment>> ofStep;
  std::unordered_map<std::uint64_t, double> seen; // hash -> steps that have it
  for (const std::uint32_t step : input.steps.steady) {
    ofStep.push_back(finder.ofStep(step, blockers));
    for (const Segment &segment : ofStep.back()) seen[segment.hash] += 1;
  }
  const std::vector<std::int64_t> late = hostLateIdle(input);
  OccurrenceGroups groups(input);
  OccurrenceGroup all;
  for (auto *column : {&all.count, &all.hostTime, &all.idle, &all.waited, &all.bytes, &all.syncs})
    column->resize(input.steps.steady.size());
  const Segment *longest = nullptr;
  for (std::size_t i = 0; i < ofStep.size(); ++i)
    for (const Segment &segment : ofStep[i]) {
      if (segment.calls.size() < kShortest || seen[segment.hash] < input.options.recurrence * steps)
        continue;
      if (longest == nullptr || segment.calls.size() > longest->calls.size()) longest = &segment;
      for (const std::uint32_t call : segment.calls) {
        all.count[i] += 1;
        all.hostTime[i] += static_cast<double>(input.trace->apis.duration[call].count);
        all.idle[i] += static_cast<double>(late[call]);
        all.calls.push_back(call);
      }
    }
  if (longest == nullptr) return outcome;
  all.site = input.device.site[longest->calls.front()];
  for (std::size_t i = 0; i < OccurrenceGroups::kEvidenceRows && i < longest->calls.size(); ++i)
    all.evidence.push_back(callEvidence(input, longest->calls[i]));
  const std::string first = prerequisites(blockers, steps);
  Finding finding = groups.finding(all);
  finding.title =
      fmt::format("{:.0f} launches are the same in every step, and the device waits for "
                  "them",
                  all.perStep());
  finding.fix = "Capture them once as a CUDA graph and replay it: torch.cuda.graph, "
                "make_graphed_callables, or torch.compile(mode=\"reduce-overhead\").";
  finding.fixCode =
      "# before\nfor x in data:\n    y = model(x)\n\n# after\n"
      "g = torch.cuda.CUDAGraph()\nwith torch.cuda.graph(g):\n    y = model(static_x)\n"
      "for x in data:\n    static_x.copy_(x)\n    g.replay()";
  finding.mayNotPay =
      "The graph needs fixed shapes and addresses and keeps the memory of the step; "
      "inputs have to be copied into its buffers.";
  if (!first.empty())
    finding.mayNotPay +=
        " A graph of the whole step needs these gone first: " + first + " per step.";
  const double share = shareOfStep(input, finding.device->idle);
  if (share >= kMaterialIdle) {
    judge(input, all, std::move(finding), true, outcome, FixKind::kGraph);
  } else {
    finding.mayNotPay =
        fmt::format("The device waits for launches during {:.2f} % of a step, below "
                    "the threshold of {:.0f} %.",
                    100 * share, 100 * kMaterialIdle);
    outcome.notWorth.push_back({std::move(finding), {}, {}, {}, {.kind = FixKind::kGraph}});
  }
  return outcome;
}

} // namespace

Rule hl302UngraphedSequence() {
  return {"HL302", "ungraphed_sequence",
          "A sequence of launches that is the same in every step is not a CUDA graph", run,
          Needs::kCalls | Needs::kKernels};
}

} // namespace hotloop
