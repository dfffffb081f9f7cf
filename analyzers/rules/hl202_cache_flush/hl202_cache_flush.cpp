#include <fmt/format.h>

#include "analyzers/rules/call_rules.h"

namespace hotloop {

namespace {

constexpr Advice kAdvice = {
    "", "The memory that PyTorch keeps is given back and taken again in every step",
    "Delete torch.cuda.empty_cache() from the loop; near the memory limit lower the peak, or set "
    "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True.",
    "# before\nfor batch in loader:\n    step(batch)\n    torch.cuda.empty_cache()\n\n"
    "# after\nfor batch in loader:\n    step(batch)",
    "Where two programs share the device, the memory may be needed by the other one."};

// The caching allocator frees many segments at once and takes new ones where an operator needs
// them. A program without it, or one that takes memory by itself, frees one block after the other.
class Flushes {
public:
  explicit Flushes(const RuleInput &input) : input_(input), groups_(input) {}

  OccurrenceGroups &find() {
    const DeviceFacts &facts = input_.device;
    for (std::uint32_t call = 0; call < facts.calls(); ++call) {
      if (!input_.steady(facts.step[call]) || !isFree(call)) continue;
      if (const std::uint32_t before = facts.previous[call]; before != kNoIndex && isFree(before))
        continue;
      addBurst(call);
    }
    if (takenInOperators_ > 0)
      for (const auto &[first, calls] : bursts_) note(first, calls);
    addRetries();
    return groups_;
  }

private:
  bool isFree(std::uint32_t call) const {
    return input_.device.kind[call] == CallKind::kFree && input_.device.op[call] == kNoIndex;
  }

  // Frees in a row, and the blocks that operators take before the next burst.
  void addBurst(std::uint32_t first) {
    const DeviceFacts &facts = input_.device;
    std::vector<std::uint32_t> calls;
    std::uint32_t call = first;
    for (; call != kNoIndex && isFree(call); call = facts.next[call]) calls.push_back(call);
    std::size_t taken = 0;
    for (; call != kNoIndex && !isFree(call); call = facts.next[call])
      if (facts.kind[call] == CallKind::kMalloc && facts.op[call] != kNoIndex) {
        calls.push_back(call);
        ++taken;
      }
    takenInOperators_ += taken;
    bursts_.push_back({first, std::move(calls)});
  }

  void note(std::uint32_t first, const std::vector<std::uint32_t> &calls) {
    OccurrenceGroup *group = groups_.addCall(0, first);
    for (std::size_t i = 1; group != nullptr && i < calls.size(); ++i)
      if (input_.claimedCalls[calls[i]] == 0) groups_.extendCall(*group, calls[i]);
  }

  // The allocator says by itself that it had to flush.
  void addRetries() {
    const auto &rows = input_.trace->allocations;
    for (std::uint32_t row = 0; row < rows.start.size(); ++row)
      if (rows.action[row] == AllocationAction::kRetry) groups_.addAllocation(1, row);
  }

  const RuleInput &input_;
  OccurrenceGroups groups_;
  std::vector<std::pair<std::uint32_t, std::vector<std::uint32_t>>> bursts_;
  std::size_t takenInOperators_ = 0;
};

// Flushes come once or twice in a step; a burst for every block is a program that has no cache.
constexpr double kMostPerStep = 4;

RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  Flushes flushes(input);
  for (const auto &[key, group] : flushes.find()) {
    if (group.variant == 0 && group.perStep() > kMostPerStep) continue;
    Finding finding = advise(OccurrenceGroups(input), group, kAdvice);
    if (group.variant == 1) {
      finding.variant = "retry";
      finding.title = "PyTorch runs out of device memory, flushes its cache and tries again";
    }
    judge(input, group, std::move(finding), true, outcome, FixKind::kRemoveAlloc);
  }
  return outcome;
}

} // namespace

Rule hl202CacheFlush() {
  return {"HL202", "cache_flush",
          "The caching allocator gives its memory back to the driver in every step", run,
          Needs::kCalls};
}

} // namespace hotloop
