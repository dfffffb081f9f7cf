#include "analyzers/rules/call_rules.h"

namespace hotloop {

namespace {

bool matches(const RuleInput &input, std::uint32_t call) {
  return input.device.kind[call] == CallKind::kHostMalloc ||
         input.device.kind[call] == CallKind::kHostFree;
}

constexpr CallVariant kVariants[] = {
    {{"", "Pinned memory is taken and given back in the loop",
      "Make the pinned buffers once and use them in turn.",
      "# before\nfor batch in data:\n    x = batch.pin_memory().to(\"cuda\", non_blocking=True)\n\n"
      "# after: once\nstage = torch.empty_like(first, pin_memory=True)\nfor batch in data:\n"
      "    stage.copy_(batch); x = stage.to(\"cuda\", non_blocking=True)",
      "A reused buffer must not be filled again before its copy is done: use two, or an event."},
     matches,
     FixKind::kRemoveAlloc},
};

RuleOutcome run(const RuleInput &input) { return judgeCalls(input, kVariants); }

} // namespace

Rule hl204PinnedAllocation() {
  return {"HL204", "pinned_allocation", "Pinned memory is allocated or registered in every step",
          run, Needs::kCalls};
}

} // namespace hotloop
