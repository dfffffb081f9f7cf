#include "analyzers/rules/call_rules.h"

namespace hotloop {

namespace {

constexpr std::uint64_t kTinyBytes = 4096;
constexpr double kStorm = 8;

bool matches(const RuleInput &input, std::uint32_t call) {
  return directionOf(input, call) == CopyDirection::kToDevice &&
         copiedBytes(input, call) <= kTinyBytes;
}

constexpr CallVariant kVariants[] = {
    {{"", "Many tiny copies feed the device",
      "Make the values on the device, keep them there between steps, or send them as one pinned "
      "tensor.",
      "# before\nfor i in range(16):\n    scale = torch.tensor(scales[i], device=\"cuda\")\n\n"
      "# after: once\nscales = torch.tensor(scales, device=\"cuda\")",
      "Values that change on the host in every step have to be sent; as one copy they cost one."},
     matches,
     FixKind::kRemoveCalls,
     kStorm},
};

RuleOutcome run(const RuleInput &input) { return judgeCalls(input, kVariants); }

} // namespace

Rule hl108TinyUploads() {
  return {"HL108", "tiny_uploads",
          "Eight or more copies of a few bytes to the device in every step", run,
          Needs::kCalls | Needs::kCopies};
}

} // namespace hotloop
