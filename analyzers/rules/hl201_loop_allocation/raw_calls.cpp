#include "analyzers/rules/hl201_loop_allocation/raw_calls.h"

#include <unordered_set>

#include "analyzers/rules/call_rules.h"

namespace hotloop {

namespace {

constexpr Advice kAdvice = {
    "raw", "Device memory is taken from the driver and given back in every step",
    "Take the memory once before the loop, or use the caching or stream-ordered allocator.",
    "// before\nfor (...) { cudaMalloc(&p, n); kernel<<<...>>>(p); cudaFree(p); }\n\n"
    "// after\ncudaMalloc(&p, n);\nfor (...) kernel<<<...>>>(p);",
    "A stream-ordered allocation from a pool that keeps its memory is cheap."};

bool isRaw(const RuleInput &input, std::uint32_t call) {
  switch (input.device.kind[call]) {
  case CallKind::kMalloc:
  case CallKind::kFree: return true;
  case CallKind::kPoolMalloc:
  case CallKind::kPoolFree: return input.device.waited[call] > 0;
  default: return false;
  }
}

} // namespace

std::vector<std::uint8_t> addRawCalls(const RuleInput &input, RuleOutcome &outcome) {
  const DeviceFacts &facts = input.device;
  std::unordered_set<std::uint32_t> correlations;
  // Calls without a place of their own are one cause: a program that has no cache frees wherever a
  // tensor dies.
  OccurrenceGroups groups(input);
  for (std::uint32_t call = 0; call < facts.calls(); ++call) {
    if (!isRaw(input, call) || !input.steady(facts.step[call])) continue;
    correlations.insert(input.trace->apis.correlation[call]);
    groups.addCall(0, call);
  }
  for (const auto &[key, group] : groups) {
    Finding finding = advise(groups, group, kAdvice);
    judge(input, group, std::move(finding), true, outcome, FixKind::kRemoveAlloc);
  }
  const auto &rows = input.trace->allocations;
  std::vector<std::uint8_t> recorded(rows.start.size());
  for (std::size_t i = 0; i < recorded.size(); ++i)
    recorded[i] = rows.correlation[i] != 0 && correlations.contains(rows.correlation[i]) ? 1 : 0;
  return recorded;
}

} // namespace hotloop
