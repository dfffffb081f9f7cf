#include <map>
#include <set>

#include <fmt/format.h>

#include "analyzers/rules/allocation_origin.h"
#include "analyzers/rules/hl201_loop_allocation/raw_calls.h"
#include "analyzers/rules/occurrences.h"

namespace hotloop {
namespace {

// Below both of these a fresh tensor is noise on any device: a fill of 1 MiB takes a GPU about as
// long as the launch that starts it, and sixteen launches are some 100 us of host time.
constexpr double kMaterialBytes = 1024.0 * 1024.0;
constexpr double kMaterialCount = 16;
// A site of which more than this share of blocks outlives the run keeps what it makes.
constexpr double kKeptShare = 0.2;

enum Variant : std::uint32_t { kTensor = 0, kRaw = 1 };

struct SiteFacts {
  std::map<std::int64_t, std::set<std::uint32_t>> stepsOfSize;
  std::map<StringId, std::size_t> names; // of the operators called
  std::size_t blocks = 0;
  std::size_t kept = 0;
  std::uint32_t lastOperator = kNoIndex;
};

// Bytes per step in blocks whose size comes back in nearly every step: what one buffer could serve.
double recurringBytes(const RuleInput &input, const SiteFacts &facts) {
  const double needed = input.options.recurrence * static_cast<double>(input.steps.steady.size());
  double bytes = 0;
  for (const auto &[size, steps] : facts.stepsOfSize)
    if (static_cast<double>(steps.size()) >= needed) bytes += static_cast<double>(size);
  return bytes;
}

std::string_view mostCommonName(const RuleInput &input, const SiteFacts &facts) {
  StringId best;
  std::size_t most = 0;
  for (const auto &[name, count] : facts.names)
    if (count > most) {
      best = name;
      most = count;
    }
  return input.trace.text(best);
}

void describeTensor(const RuleInput &input, const SiteFacts &facts, Finding &finding) {
  finding.title =
      fmt::format("{} makes a new tensor of {} in every step", mostCommonName(input, facts),
                  bytesText(static_cast<double>(finding.bytesPerStep)));
  finding.fix =
      "Allocate the tensor once before the loop and write into it: an out= argument, copy_() or "
      "zero_().";
  finding.fixCode =
      "# before\nfor step in range(n):\n    out = torch.zeros(b, d, device=x.device)\n"
      "# after\nout = torch.zeros(b, d, device=x.device)\n"
      "for step in range(n):\n    out.zero_()";
  finding.mayNotPay =
      "PyTorch's caching allocator serves a repeated size from its pool in about a microsecond, so "
      "on "
      "a GPU most of the time seen here goes away by itself, and a fill that is needed stays.";
}

void describeRaw(const RuleInput &input, const SiteFacts &facts, Finding &finding) {
  const std::string_view name = mostCommonName(input, facts);
  finding.title = fmt::format("Device memory is taken from the driver in every step{}{}",
                              name.empty() ? "" : ", under ", name);
  finding.fix =
      "Take the memory once before the loop, or use the caching or stream-ordered allocator.";
  finding.mayNotPay = "A stream-ordered allocation from a pool that keeps its memory is cheap.";
}

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  if (input.trace->allocations.start.empty() && input.device.calls() == 0) {
    outcome.notChecked = "The run has no allocation records and no CUDA calls.";
    return outcome;
  }
  const std::vector<std::uint8_t> recorded = addRawCalls(input, outcome);
  const AllocationOrigins origins(input);
  const std::vector<std::uint32_t> positions = steadyPositions(input.steps);
  OccurrenceGroups groups(input);
  std::map<const OccurrenceGroup *, SiteFacts> factsOf;
  const AllocationColumns &rows = input.trace->allocations;
  for (std::uint32_t row = 0; row < rows.start.size(); ++row) {
    if (!takenInSteadyStep(input, row) || recorded[row] != 0) continue;
    const AllocationOrigin origin = origins.of(row);
    if (origin == AllocationOrigin::kResult) continue;
    OccurrenceGroup *group =
        groups.addAllocation(origin == AllocationOrigin::kRaw ? kRaw : kTensor, row);
    if (group == nullptr) continue;
    SiteFacts &facts = factsOf[group];
    const std::uint32_t position = positions[input.allocations.step[row]];
    ++facts.blocks;
    if (input.allocations.pair[row] == kNoIndex) ++facts.kept;
    facts.stepsOfSize[rows.bytes[row]].insert(position);
    const std::uint32_t called = origins.calledOperator(row);
    if (called == kNoIndex || called == facts.lastOperator) continue;
    facts.lastOperator = called;
    ++facts.names[input.trace->ops.name[called]];
    group->ops.push_back(called);
    group->hostTime[position] += static_cast<double>(input.trace->ops.duration[called].count);
  }
  for (auto &[key, group] : groups) {
    const SiteFacts &facts = factsOf[&group];
    if (static_cast<double>(facts.kept) > kKeptShare * static_cast<double>(facts.blocks)) continue;
    const double recurring = recurringBytes(input, facts);
    if (recurring <= 0) continue;
    Finding finding = groups.finding(group);
    if (group.variant == kRaw) {
      finding.variant = "raw";
      describeRaw(input, facts, finding);
      judge(input, group, std::move(finding), true, outcome, FixKind::kRemoveAlloc);
      continue;
    }
    describeTensor(input, facts, finding);
    if (recurring >= kMaterialBytes || group.perStep() >= kMaterialCount) {
      judge(input, group, std::move(finding), false, outcome, FixKind::kRemoveAlloc);
    } else {
      finding.mayNotPay = fmt::format(
          "{} in {:.0f} blocks per step is below the threshold of {} or {:.0f} "
          "blocks.",
          bytesText(recurring), group.perStep(), bytesText(kMaterialBytes), kMaterialCount);
      outcome.notWorth.push_back({std::move(finding), group.ops, group.allocations});
    }
  }
  return outcome;
}

} // namespace

Rule hl201LoopAllocation() {
  return {"HL201", "loop_allocation", "A tensor of the same size is made anew in every step", run};
}

} // namespace hotloop
