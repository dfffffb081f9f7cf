#include "analyzers/rules/call_rules.h"

namespace hotloop {

namespace {

constexpr double kMany = 100;

bool matches(const RuleInput &input, std::uint32_t call) {
  return input.device.kind[call] == CallKind::kQuery;
}

constexpr CallVariant kVariants[] = {
    {{"", "The host asks again and again whether the device is done",
      "Wait with a blocking event, or ask less often.",
      "// before\nwhile (cudaEventQuery(done) == cudaErrorNotReady) {}\n\n// after\n"
      "cudaEventCreateWithFlags(&done, cudaEventBlockingSync);   // once\n"
      "cudaEventSynchronize(done);",
      "Polling answers fastest; it only costs a processor unless it keeps another thread of the "
      "program from starting work."},
     matches,
     FixKind::kRemoveCalls,
     kMany},
};

RuleOutcome run(const RuleInput &input) { return judgeCalls(input, kVariants); }

} // namespace

Rule hl110Polling() {
  return {"HL110", "polling", "Events or streams are queried hundreds of times in every step", run,
          Needs::kCalls};
}

} // namespace hotloop
