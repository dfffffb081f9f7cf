#include "analyzers/rules/call_rules.h"

namespace hotloop {

namespace {

bool matches(const RuleInput &input, std::uint32_t call) {
  return input.device.kind[call] == CallKind::kCreate ||
         input.device.kind[call] == CallKind::kDestroy;
}

constexpr CallVariant kVariants[] = {
    {{"", "Streams, events or library handles are made in the loop",
      "Make them once and keep them, or take them from a pool.",
      "// before\nfor (...) { cudaEventCreate(&done); ...; cudaEventDestroy(done); }\n\n"
      "// after\ncudaEventCreateWithFlags(&done, cudaEventDisableTiming);\nfor (...) { ... }",
      "An event costs a microsecond or two; a stream or a cuBLAS handle costs far more."},
     matches,
     FixKind::kRemoveCalls},
};

RuleOutcome run(const RuleInput &input) { return judgeCalls(input, kVariants); }

} // namespace

Rule hl206HandleCreation() {
  return {"HL206", "handle_creation",
          "Streams, events or library handles are created in every step", run, Needs::kCalls};
}

} // namespace hotloop
