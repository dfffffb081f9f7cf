#include <map>

#include <fmt/format.h>

#include "analyzers/rules/call_rules.h"
#include "analyzers/steps/lanes.h"

namespace hotloop {

namespace {

constexpr double kSlowdown = 5;
constexpr std::size_t kFewest = 20; // launches that overlap

constexpr Advice kAdvice = {
    "", "",
    "Start work from one thread, or as CUDA graphs; keep allocations and queries out of the other "
    "threads.",
    "# before: two threads launch\n# after\n"
    "queue.put(batch)      # the other thread prepares, this one launches",
    "Threads that wait for each other at other places gain nothing from it."};

// Launches that run while another thread of the process is inside of a CUDA call.
RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  const auto &apis = input.trace->apis;
  OccurrenceGroups groups(input);
  std::map<std::uint32_t, Nanoseconds> openUntil; // thread -> end of its last call
  std::vector<double> alone, together;
  std::vector<std::uint32_t> slow;
  for (std::uint32_t call = 0; call < input.device.calls(); ++call) {
    if (input.device.kind[call] == CallKind::kOther) continue;
    bool overlaps = false;
    for (const auto &[thread, end] : openUntil)
      overlaps = overlaps || (thread != apis.lane[call].value && end > apis.start[call]);
    openUntil[apis.lane[call].value] = endOf(apis.start[call], apis.duration[call]);
    if (input.device.kind[call] != CallKind::kLaunch || !input.steady(input.device.step[call]))
      continue;
    (overlaps ? together : alone).push_back(static_cast<double>(apis.duration[call].count));
    if (overlaps) slow.push_back(call);
  }
  if (together.size() < kFewest || alone.empty()) return outcome;
  const double usual = medianInPlace(alone);
  const double late = quantileInPlace(together, 0.9);
  for (const std::uint32_t call : slow)
    if (static_cast<double>(apis.duration[call].count) > 2 * usual) groups.addCall(0, call);
  for (const auto &[key, group] : groups) {
    Finding finding = advise(groups, group, kAdvice);
    finding.title = fmt::format("Launches take {:.1f} us while another thread calls CUDA, else "
                                "{:.1f} us",
                                late * 1e-3, usual * 1e-3);
    if (late <= kSlowdown * usual) {
      dismiss(group, std::move(finding),
              fmt::format("That is less than {:.0f} times as long.", kSlowdown), outcome);
      continue;
    }
    if (RuleFinding *found = judge(input, group, std::move(finding), true, outcome))
      found->fix.whyNone =
          "How fast the launches would be without the other thread is not in this run.";
  }
  return outcome;
}

} // namespace

Rule hl311LockContention() {
  return {"HL311", "lock_contention", "Launches of two threads wait for the driver's lock", run,
          Needs::kCalls};
}

} // namespace hotloop
