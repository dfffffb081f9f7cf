#include "analyzers/rules/call_rules.h"

namespace hotloop {

namespace {

constexpr std::uint64_t kMaterialBytes = 64 * 1024, kScalarBytes = 64;

// Its data goes through a staging buffer of the driver, and the call returns only when the host's
// part is done. Small ones that do not hold the host are another rule's.
bool isMaterial(const RuleInput &input, std::uint32_t call) {
  if (copiedBytes(input, call) <= kScalarBytes) return false; // read-backs: HL101
  return isPageable(input, call) &&
         (copiedBytes(input, call) >= kMaterialBytes || input.device.waited[call] > 0);
}

bool upload(const RuleInput &input, std::uint32_t call) {
  return directionOf(input, call) == CopyDirection::kToDevice && isMaterial(input, call);
}
bool download(const RuleInput &input, std::uint32_t call) {
  return directionOf(input, call) == CopyDirection::kToHost && isMaterial(input, call);
}

constexpr std::string_view kMayNotPay =
    "Pinned memory takes long to allocate, so it must be reused, and it is taken from the memory "
    "of "
    "the machine; a copy that hides behind other work already gains nothing.";

constexpr CallVariant kVariants[] = {
    {{"to_device", "The device is fed from pageable memory",
      "Pin the batch once (pin_memory=True, or a reused pinned buffer) and copy with "
      "non_blocking=True.",
      "# before\nx = batch.to(\"cuda\")\n\n# after\nloader = DataLoader(data, pin_memory=True)\n"
      "x = batch.to(\"cuda\", non_blocking=True)",
      kMayNotPay},
     upload,
     FixKind::kAsyncCopy},
    {{"to_host", "Results are copied into pageable memory",
      "Copy into a pinned buffer that is made once, with non_blocking=True, and read it a step "
      "later.",
      "# before\nout.append(y.cpu())\n\n# after\nhost = torch.empty_like(y, device=\"cpu\", "
      "pin_memory=True)   # once\nhost.copy_(y, non_blocking=True); done.record()\n"
      "# one step later\ndone.synchronize(); out.append(host.clone())",
      kMayNotPay},
     download,
     FixKind::kAsyncCopy},
};

RuleOutcome run(const RuleInput &input) { return judgeCalls(input, kVariants); }

} // namespace

Rule hl105PageableCopy() {
  return {"HL105", "pageable_copy",
          "A copy from or to pageable memory holds the host and cannot overlap", run,
          Needs::kCalls | Needs::kCopies | Needs::kCopyKinds};
}

} // namespace hotloop
