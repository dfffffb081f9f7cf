#include "analyzers/rules/call_rules.h"

namespace hotloop {

namespace {

constexpr double kMaterialBytes = 1024.0 * 1024.0;

// Offloading activations or optimizer state is meant.
bool isOffload(const RuleInput &input, std::uint32_t call) {
  return input.paths.text(input.device.path[call]).find("offload") != std::string::npos;
}

bool isDownload(const RuleInput &input, std::uint32_t call) {
  return directionOf(input, call) == CopyDirection::kToHost && !isOffload(input, call);
}
// A copy that nobody waits for costs the device its time: only copying less helps.
bool isPinnedDownload(const RuleInput &input, std::uint32_t call) {
  return isDownload(input, call) && !isPageable(input, call);
}

constexpr Advice kAdvice = {
    "", "Much data goes to the host in every step",
    "Reduce on the device and copy the figures, or copy every k steps into a pinned buffer on a "
    "stream of its own.",
    "# before\nhistory.append(predictions.cpu())\n\n# after\n"
    "correct += (predictions.argmax(-1) == labels).sum()   # stays on the device",
    "Data that the host needs has to be copied; on a copy stream it hides behind the work."};

constexpr CallVariant kVariants[] = {
    {kAdvice, isPinnedDownload, FixKind::kRemoveCalls, 1, kMaterialBytes},
    {kAdvice, isDownload, FixKind::kAsyncCopy, 1, kMaterialBytes},
};

RuleOutcome run(const RuleInput &input) { return judgeCalls(input, kVariants); }

} // namespace

Rule hl107BulkDownload() {
  return {"HL107", "bulk_download", "More than a megabyte goes to the host in every step", run,
          Needs::kCalls | Needs::kCopies};
}

} // namespace hotloop
