#include "analyzers/rules/call_rules.h"

namespace hotloop {

namespace {

bool isBlockingForm(const RuleInput &input, std::uint32_t call) {
  return !isAsyncForm(input.trace.text(input.trace->apis.name[call]));
}

bool copy(const RuleInput &input, std::uint32_t call) {
  return input.device.kind[call] == CallKind::kCopy && isBlockingForm(input, call) &&
         directionOf(input, call) != CopyDirection::kOther;
}

// A fill of device memory returns before it is done, so only one that was seen to wait counts.
bool fill(const RuleInput &input, std::uint32_t call) {
  return input.device.kind[call] == CallKind::kFill && isBlockingForm(input, call) &&
         input.device.waited[call] > 0;
}

constexpr CallVariant kVariants[] = {
    {{"copy", "cudaMemcpy holds the host until the copy is done",
      "Use cudaMemcpyAsync with pinned memory on a stream, and wait where the data is needed.",
      "// before\ncudaMemcpy(device, host, bytes, cudaMemcpyHostToDevice);\n\n"
      "// after: host from cudaMallocHost, once\n"
      "cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, stream);",
      "The buffer must not be changed before the copy is done, so it takes a second one, or an "
      "event to wait for."},
     copy,
     FixKind::kAsyncCopy},
    {{"fill", "cudaMemset holds the host until the fill is done",
      "Use cudaMemsetAsync on the stream that uses the memory.",
      "// before\ncudaMemset(p, 0, bytes);\n\n// after\ncudaMemsetAsync(p, 0, bytes, stream);",
      "On the default stream the next kernel waits for the fill anyway; only the host is freed."},
     fill,
     FixKind::kRemoveSync},
};

RuleOutcome run(const RuleInput &input) { return judgeCalls(input, kVariants); }

} // namespace

Rule hl106SynchronousCopy() {
  return {"HL106", "synchronous_copy",
          "cudaMemcpy or cudaMemset instead of the Async form holds the host in every step", run,
          Needs::kCalls | Needs::kDevice};
}

} // namespace hotloop
